export const kinds = ['text', 'attachments', 'headers', 'index'] as const;
export type Kind = (typeof kinds)[number];
