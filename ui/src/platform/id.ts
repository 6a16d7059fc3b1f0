// A call's own name, so that it can be cancelled.
let count = 0;
const run = Math.random().toString(36).slice(2, 10);

export const nextId = (): string => `${run}-${(count += 1)}`;
