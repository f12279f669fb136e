/** What is made of labelled mails and of a text in many languages, before anything is learned of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { languageTexts, mailTexts, withLabels } from "../../bench/labelled-texts.js";
import { mailText } from "../../bench/mail-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-labelled-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the text of a mail", () => {
  const mail = (headers: string, body: string): string =>
    `From a@b.org Mon Aug 6 13:04:09 2001\n${headers}\n\n${body}`;

  test("is subject and body, and no other header, quoted line, footer, address or link", () => {
    const headers =
      "Received: from evil.example (1.2.3.4)\n\tby x\nSubject: Re: [ILUG] A\n question\nX-Spam: yes";
    const body =
      "On Monday Ann wrote:\n> Is it?\nIt is. Ask bob@c.org\nor http://c.org/x?y\n\n" +
      "_______________________________________________\nILUG mailing list\n";
    expect(mailText(mail(headers, body))).toBe("A question. It is. Ask ADDRESS or LINK");
    const sourceforge = `Yes.\n\n${"-".repeat(50)}\nThis sf.net email is sponsored by:\nX\n`;
    expect(mailText(mail("Subject: a", sourceforge))).toBe("a. Yes.");
    expect(mailText(mail("Subject: a", "Yes.\n-- \nBob\n"))).toBe("a. Yes.");
  });

  test("is decoded, of several parts the plain one, else HTML without its tags", () => {
    const quoted =
      "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable";
    expect(
      mailText(mail(`Subject: =?utf-8?B?${btoa("caf\u00c3\u00a9")}?=\n${quoted}`, "na=EFve =\nwords")),
    ).toBe("café. naïve words");
    const html = "Content-Type: text/html\n\n<style>b {}</style><p>Buy<br>now &amp;&nbsp;here</p><!-- x -->";
    const base64 = `Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n${btoa("plain text")}`;
    const parts = (...all: string[]): string =>
      mail(
        'Subject: a\nContent-Type: multipart/alternative;\n boundary="=_1"',
        `${all.map((part) => `--=_1\n${part}\n`).join("")}--=_1--\n`,
      );
    expect(mailText(parts(html))).toBe("a. Buy now & here");
    expect(mailText(parts(html, base64))).toBe("a. plain text");
    expect(mailText(mail("Subject: a\nContent-Type: image/gif", "R0lGOD"))).toBe("");
    expect([...mailText(mail("Subject: a", "😀 ".repeat(2000)))]).toHaveLength(1000);
  });
});

test("mails are taken once, with the label of their group, and split by the seed", () => {
  const groups = { "easy-ham-1": "ham", "hard-ham-1": "ham", "spam-2": "spam" };
  for (const [group, label] of Object.entries(groups)) {
    mkdirSync(join(folder, "data", group), { recursive: true });
    for (let n = 0; n < 20; n++) {
      // Every other one is the one before, but for its number.
      const word = "abcdefghij"[Math.floor(n / 2)]!.repeat(9);
      const text = `Subject: ${label} ${group}\n\nThis is a mail of the group, ${word}, number ${n}.\n`;
      writeFileSync(join(folder, "data", group, `${n}.json`), JSON.stringify({ text }));
    }
  }
  const { train, test: aside } = mailTexts(folder, 1);
  expect([train.length, aside.length]).toEqual([22, 8]);
  for (const { label, text } of [...train, ...aside]) expect(text.startsWith(label)).toBe(true);
  expect(new Set([...train, ...aside].map(({ text }) => text)).size).toBe(30);
  expect(mailTexts(folder, 1)).toEqual({ train, test: aside });
  expect(mailTexts(folder, 2).test).not.toEqual(aside);
});

test("languages have the same articles to train on, and others to test", () => {
  const languages = "afr cat ces dan deu_1996 eng est fin fra glg hrv ita nld nno nob por_PT slk slv spa swe";
  mkdirSync(join(folder, "declaration"));
  for (const language of languages.split(" ")) {
    const article = (n: number): string =>
      `<article data-number="${n}"><h2>Article ${n}</h2><p>${`${language} of article-${n} says `.repeat(4)}</p></article>`;
    const html = `<html><p>${language} of article-0, its preamble</p>${[1, 2, 3, 4, 5, 6, 7].map(article).join("")}</html>`;
    writeFileSync(join(folder, "declaration", `${language}.html`), html);
  }
  const { train, test: aside } = languageTexts(folder, 3);
  const articlesOf = (texts: typeof train): Set<string> =>
    new Set(texts.flatMap(({ text }) => text.match(/article-\d/g) ?? []));
  expect(articlesOf(train).size).toBe(6);
  expect(articlesOf(aside).size).toBe(2);
  expect([...articlesOf(train)].filter((article) => articlesOf(aside).has(article))).toEqual([]);
  for (const { label, text } of [...train, ...aside]) expect(text).toContain(label);
  // As equally often as can be, and the fewer among the more.
  const [twenty, fifty] = [withLabels(train, 20), withLabels(train, 50)];
  expect(new Set(twenty.map(({ label }) => label)).size).toBe(20);
  expect(fifty.slice(0, 20)).toEqual(twenty);
  expect(fifty).toHaveLength(50);
  expect(withLabels(train, 1e6)).toHaveLength(train.length);
});
