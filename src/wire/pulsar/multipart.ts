import { randomUUID } from 'node:crypto';

/** One field of a form: text of a media type, or a file. */
export interface FormField {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
  readonly fileName?: string;
}

/** The body of a `multipart/form-data` request (RFC 7578) and the content type that says where its fields end. */
export function multipartBody(fields: readonly FormField[]): { readonly contentType: string; readonly body: Buffer } {
  // Never in a field: of 122 random bits.
  const boundary = `cdcmig-${randomUUID()}`;
  const parts = fields.flatMap(({ name, type, content, fileName }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name=${quoted(name)}${
        fileName === undefined ? '' : `; filename=${quoted(fileName)}`
      }\r\nContent-Type: ${type}\r\n\r\n`,
    ),
    content,
    Buffer.from('\r\n'),
  ]);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

function quoted(text: string): string {
  return `"${text.replace(/["\r\n]/g, (sign) => encodeURIComponent(sign))}"`;
}
