/**
 * What a person reads of a mail: its subject and its text, decoded, without what says where it comes from. Of headers the
 * subject alone is used: the others (sender, ways, mailers, lists, dates, marks of filters) tell spam from ham by how the two were
 * collected. For the same reason marks of lists and of replies in the subject, quoted lines, the footers of lists, addresses and
 * hosts of links are left out.
 */

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Parts in parts, at most. */
const DEEPEST = 5;
/** Characters of a mail that are kept. */
const MOST = 1000;

/** Subject and text in one line, cut after so many characters; "" where there is no text. @param raw as it was sent, bytes as Latin-1 or text */
export function mailText(raw: string): string {
  const mail = parsed(raw.replaceAll(/\r\n?/g, "\n"));
  const { plain, html } = textsOf(mail, DEEPEST);
  const body = plain ?? (html === undefined ? "" : withoutTags(html));
  const subject = decodedWords(mail.headers.get("subject") ?? "")
    .replaceAll(/\[[^\]]*\]/g, " ")
    .replace(/^(\s*(re|fwd?|aw)\s*:)+/i, "");
  const own = body
    .replace(/\n(?:_{20,}|-- ?(?=\n)|-{20,}\s+This sf\.net email)[^]*$/i, "\n")
    .split("\n")
    .filter((line) => !/^\s*[>|]|^On .*wrote:\s*$/.test(line))
    .join("\n");
  const text = `${subject}. ${own}`
    .replaceAll(/\bhttps?:\/\/\S+|\bwww\.\S+/gi, "LINK")
    .replaceAll(/[\w.+-]+@[\w.-]+/g, "ADDRESS")
    .replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")
    .replace(/^[.\s]+/, "")
    .trim();
  if (own.trim() === "") return "";
  // Halves of characters, which text that was never decoded may have, become U+FFFD.
  return Buffer.from([...text].slice(0, MOST).join("")).toString();
}

function parsed(raw: string): Part {
  // The line that mailboxes put before a mail is no header.
  const text = raw.replace(/^From [^\n]*\n/, "");
  const end = text.search(/\n\s*\n/);
  const head = end < 0 ? text : text.slice(0, end);
  const headers = new Map<string, string>();
  for (const line of head.replaceAll(/\n[ \t]+/g, " ").split("\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon > 0 && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return { headers, body: end < 0 ? "" : text.slice(end).replace(/^\n\s*\n/, "") };
}

/** The first plain text and the first HTML of a mail's parts. */
function textsOf(
  { headers, body }: Part,
  levels: number,
): { readonly plain?: string | undefined; readonly html?: string | undefined } {
  const type = headers.get("content-type") ?? "text/plain";
  const boundary = /boundary\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(type);
  const kind = type.toLowerCase();
  if (kind.startsWith("multipart/") && boundary && levels > 0) {
    const parts = body.split(`--${boundary[1] ?? boundary[2]}`).slice(1);
    const found = parts.map((part) => textsOf(parsed(part.replace(/^\n/, "")), levels - 1));
    return {
      plain: found.find(({ plain }) => plain?.trim())?.plain,
      html: found.find(({ html }) => html?.trim())?.html,
    };
  }
  if (!kind.startsWith("text/") || /^attachment/i.test(headers.get("content-disposition") ?? "")) return {};
  const text = decoded(body, headers.get("content-transfer-encoding")?.toLowerCase() ?? "", kind);
  return kind.startsWith("text/html") || /^\s*<(!doctype|html)\b/i.test(text)
    ? { html: text }
    : { plain: text };
}

function decoded(body: string, encoding: string, type: string): string {
  const charset = /charset\s*=\s*"?([\w-]+)/.exec(type)?.[1];
  if (encoding.startsWith("base64")) return inCharset(Buffer.from(body, "base64"), charset);
  if (!encoding.startsWith("quoted-printable")) return body;
  return inCharset(quotedPrintable(body), charset);
}

function quotedPrintable(text: string): Uint8Array {
  const joined = text.replaceAll(/=[ \t]*\n/g, "");
  return Buffer.from(
    joined.replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    "latin1",
  );
}

function inCharset(bytes: Uint8Array, charset = "windows-1252"): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** =?charset?Q?text?= and =?charset?B?text?= (RFC 2047). */
function decodedWords(header: string): string {
  return header.replaceAll(
    /=\?([\w-]+)\?([qb])\?([^?]*)\?=\s*/gi,
    (_, charset: string, way: string, text: string) =>
      inCharset(
        way.toLowerCase() === "b" ? Buffer.from(text, "base64") : quotedPrintable(text.replaceAll("_", " ")),
        charset,
      ),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { nbsp: " ", amp: "&", lt: "<", gt: ">", quot: '"' };

function withoutTags(html: string): string {
  return html
    .replaceAll(/<(script|style|title)\b[^]*?<\/\1\s*>|<!--[^]*?-->/gi, " ")
    .replaceAll(/<(br|p|div|tr|li|h\d)\b[^>]*>/gi, "\n")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/&(?:#(\d{1,5})|([a-z]+));/gi, (_, code?: string, name?: string) =>
      code === undefined ? (ENTITIES[name!.toLowerCase()] ?? " ") : String.fromCharCode(Number(code)),
    );
}
