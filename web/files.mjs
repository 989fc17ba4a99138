// Decodes the bytes of a text file, or explains why it cannot. Pure.

export const mostBytes = 8 * 2 ** 20;

export class FileError extends Error {}

const formats = {
  md: 'markdown', markdown: 'markdown', html: 'html', htm: 'html', xhtml: 'html', ssml: 'ssml', txt: 'plain', text: 'plain',
};

const begins = (bytes, ...first) => first.every((byte, i) => bytes[i] === byte);

function charactersOf(bytes) {
  for (const [label, ...mark] of [['utf-8', 0xef, 0xbb, 0xbf], ['utf-16le', 0xff, 0xfe], ['utf-16be', 0xfe, 0xff]]) {
    if (begins(bytes, ...mark)) return { text: new TextDecoder(label).decode(bytes), note: '' };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), note: '' };
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), note: 'The file is not UTF-8. It was read as Windows-1252; check the accents.' };
  }
}

// Returns { text, format, note }: the format by the file's name, and a note for the user. Throws FileError.
export function textOfFile(name, bytes) {
  if (bytes.length > mostBytes) throw new FileError(`${name} is larger than ${mostBytes / 2 ** 20} MiB.`);
  if (begins(bytes, 0x25, 0x50, 0x44, 0x46)) throw new FileError(`${name} is a PDF. Copy its words here, or save it as text first.`);
  if (begins(bytes, 0x50, 0x4b, 3, 4)) throw new FileError(`${name} is a packed document (EPUB, DOCX, ODT). Save it as text or HTML first.`);
  const hasMark = begins(bytes, 0xff, 0xfe) || begins(bytes, 0xfe, 0xff);
  if (!hasMark && bytes.subarray(0, 65536).includes(0)) throw new FileError(`${name} holds no text.`);
  const { text, note } = charactersOf(bytes);
  if (!text.trim()) throw new FileError(`${name} is empty.`);
  const ending = name.toLowerCase().match(/\.([^.]+)$/)?.[1];
  return { text: text.replace(/\r\n?/g, '\n'), format: formats[ending] ?? 'auto', note };
}
