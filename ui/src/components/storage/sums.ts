// Sums of what takes space. The api names kinds; one it does not know yet still counts, as the index does.
import type { AccountId, StorageRow } from '../../gen/api';
import { kinds, type Kind } from '../shared/kinds';

export function byKind(rows: readonly StorageRow[], account?: AccountId): Record<Kind, number> {
  const sums: Record<Kind, number> = { text: 0, attachments: 0, headers: 0, index: 0 };
  for (const row of rows) {
    if (account !== undefined && row.account !== account) continue;
    sums[kinds.find((kind) => kind === row.kind) ?? 'index'] += row.bytes;
  }
  return sums;
}

export const sum = (bytes: Readonly<Record<Kind, number>>): number => kinds.reduce((all, kind) => all + bytes[kind], 0);
