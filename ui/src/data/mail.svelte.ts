// What every part of the window reads: accounts, their mailboxes, storage.
import type { Account, AccountId, AccountSet, Mailbox, MailboxId } from '../gen/api';
import { call, troubleOf, type AnyTrouble } from '../platform';
import { answerTo } from './query.svelte';

class Mail {
  readonly accountsAnswer = answerTo('account.list', {});
  readonly mailboxesAnswer = answerTo('mailbox.list', {});
  readonly storageAnswer = answerTo('storage.get', {});

  accounts = $derived<Account[]>(this.accountsAnswer.data ?? []);
  mailboxes = $derived<Mailbox[]>(this.mailboxesAnswer.data ?? []);
  inboxes = $derived(this.mailboxes.filter((box) => box.role === 'inbox'));
  /** The addresses that are "you". */
  own = $derived(new Set(this.accounts.map((account) => account.email.toLowerCase())));
  known = $derived(this.accountsAnswer.data !== undefined);

  #byId = $derived(new Map(this.mailboxes.map((box) => [box.id, box])));
  #accountById = $derived(new Map(this.accounts.map((account) => [account.id, account])));

  /** Accounts being asked right now by this window. */
  asking = $state<AccountId[]>([]);
  /** What the last Check now could not do, until the next one. */
  refused = $state.raw<AnyTrouble | null>(null);

  hold(): () => void {
    const ends = [this.accountsAnswer.hold(), this.mailboxesAnswer.hold(), this.storageAnswer.hold()];
    return () => ends.forEach((end) => end());
  }

  mailbox(id: MailboxId | null | undefined): Mailbox | undefined {
    return id === null || id === undefined ? undefined : this.#byId.get(id);
  }

  account(id: AccountId | undefined): Account | undefined {
    return id === undefined ? undefined : this.#accountById.get(id);
  }

  of(account: AccountId): Mailbox[] {
    return this.mailboxes.filter((box) => box.account === account);
  }

  /** Unread in all inboxes; null until every server has said a number. */
  unread = $derived.by<number | null>(() => {
    let sum = 0;
    for (const box of this.inboxes) {
      if (box.unread === null) return null;
      sum += box.unread;
    }
    return sum;
  });

  async check(id: AccountId): Promise<number> {
    if (this.asking.includes(id)) return 0;
    this.asking.push(id);
    try {
      return (await call('account.check', { id })).new;
    } catch (thrown) {
      this.refused = troubleOf(thrown);
      return 0;
    } finally {
      this.asking = this.asking.filter((other) => other !== id);
    }
  }

  /** Those that nobody has heard yet, or that can't help themselves; the others are kept current, or tried again. */
  get unheard(): Account[] {
    return this.accounts.filter((a) => ['resting', 'checking', 'trouble'].includes(a.state.kind));
  }

  async checkAll(some: readonly Account[] = this.accounts): Promise<number> {
    this.refused = null;
    const found = await Promise.all(some.filter((a) => !a.paused).map(({ id }) => this.check(id)));
    return found.reduce((sum, n) => sum + n, 0);
  }

  /** What a person changes of an account stands there at once; a refusal takes it back. */
  async change(params: AccountSet): Promise<AnyTrouble | null> {
    return this.#instead(
      this.accounts.map((a) => (a.id === params.id ? { ...a, ...params } : a)),
      () => call('account.set', params),
    );
  }

  async order(ids: AccountId[]): Promise<AnyTrouble | null> {
    const now = ids.flatMap((id) => this.account(id) ?? []);
    return this.#instead(now, () => call('account.order', { ids }));
  }

  async pauseSync(account: AccountId, paused: boolean): Promise<AnyTrouble | null> {
    return this.#instead(
      this.accounts.map((a) => (a.id === account && a.progress ? { ...a, progress: { ...a.progress, paused } } : a)),
      () => call('sync.pause', { account, paused }),
    );
  }

  async #instead(now: Account[], act: () => Promise<unknown>): Promise<AnyTrouble | null> {
    this.accountsAnswer.set(now);
    try {
      await act();
      return null;
    } catch (thrown) {
      return troubleOf(thrown);
    } finally {
      await this.accountsAnswer.refresh();
    }
  }
}

export const mail = new Mail();
