// What a file is drawn as, by what its type claims. A glyph promises nothing about what is inside.
import type { IconName } from '../shared/icons';

export function fileIcon(type: string, name: string): IconName {
  const end = name.toLowerCase().split('.').at(-1) ?? '';
  if (type.startsWith('image/')) return 'image';
  if (type.startsWith('video/') || type.startsWith('audio/')) return 'play';
  if (type === 'text/calendar' || end === 'ics') return 'calendar';
  if (type === 'message/rfc822' || end === 'eml') return 'mail';
  if (['zip', 'gz', 'tgz', '7z', 'rar', 'xz', 'tar'].includes(end)) return 'pack';
  if (['xls', 'xlsx', 'ods', 'csv'].includes(end)) return 'sheet';
  return 'file';
}

/** The name without its end, which is kept in view when the name is too long. */
export function splitName(name: string): [stem: string, end: string] {
  const dot = name.lastIndexOf('.');
  return dot > 0 && name.length - dot <= 8 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
}
