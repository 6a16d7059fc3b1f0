// What the interface asks of whatever carries it. Two places answer: the app's window and a browser.
import type { Code, Commands, Event, Part, MessageId, Trouble } from '../gen/api';

export type Method = keyof Commands;
export type Params<M extends Method> = Commands[M]['params'];
export type Result<M extends Method> = Commands[M]['result'];

/** Codes of the carrier itself, beside those of the api. */
export type LocalCode = 'app-gone' | 'no-session' | 'link-refused';
export type AnyTrouble = Omit<Trouble, 'code'> & { code: Code | LocalCode };

/** What a call throws: the trouble is for the catalogue, the message for the console. */
export class TroubleError extends Error {
  readonly trouble: AnyTrouble;

  constructor(trouble: AnyTrouble) {
    super(trouble.message);
    this.name = 'TroubleError';
    this.trouble = trouble;
  }
}

export const local = (code: LocalCode | Code, message: string, params: Record<string, string> = {}): TroubleError =>
  new TroubleError({ code, message, params });

/** Any thrown thing as a trouble: what is not one is a fault of ours. */
export function troubleOf(thrown: unknown): AnyTrouble {
  if (thrown instanceof TroubleError) return thrown.trouble;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', params: { detail }, message: detail };
}

/** Holds what came over the wire against the shape of a trouble. */
export function asTrouble(value: unknown): AnyTrouble {
  if (typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string') {
    const found = value as Partial<Trouble> & { code: Code };
    return { ...found, params: found.params ?? {}, message: found.message ?? found.code };
  }
  return { code: 'internal', params: { detail: String(value) }, message: String(value) };
}

export interface CallOptions {
  signal?: AbortSignal;
}

/** Where a file went: a path in the window, the browser's own list of downloads otherwise. */
export type Saved = { path: string } | { downloads: true };

export interface Platform {
  readonly kind: 'window' | 'browser';
  /** Done before the first call. */
  ready(): Promise<void>;
  call<M extends Method>(method: M, params: Params<M>, options?: CallOptions): Promise<Result<M>>;
  /** Returns what ends it. A stream that broke and came back reports `resync`. */
  onEvent(heard: (event: Event) => void): () => void;
  /** Null where the person chose no place. */
  saveAttachment(message: MessageId, part: Part): Promise<Saved | null>;
  /** Checked behind the wall, then opened outside. */
  openExternal(url: string): Promise<void>;
  /** Whether a click inside the mail's frame is the page's to handle. */
  readonly hearsFrameClicks: boolean;
}
