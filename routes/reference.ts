/**
 * The contract for people: /openapi.json as one page of HTML, made here, without a script and without anything from
 * another host, so that it works offline and under a strict Content-Security-Policy.
 */

/** The parts of an OpenAPI document that the page shows. */
export interface ReferenceDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses?: Readonly<Record<string, Answer>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly schema?: Schema;
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

interface Answer {
  readonly description?: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

/** What the page may do: show its own style sheet. */
export const REFERENCE_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The page's style sheet. */
export const REFERENCE_CSS = `:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding-top: 1rem; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.8rem 0.3rem 0; }
tr + tr { border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.method { font-weight: 600; text-transform: uppercase; }
p, li { white-space: pre-line; }
`;

/** Writes the page. */
export function referencePage({ info, paths }: ReferenceDocument): string {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => describeOperation(method, path, operation))
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(info.title)}: HTTP reference</title>
<link rel="stylesheet" href="/reference.css">
</head>
<body>
<main>
<h1>${escape(info.title)} ${escape(info.version)}</h1>
<p>${text(info.description)}</p>
<p>For machines: <a href="/openapi.json">/openapi.json</a>. Errors are problem details (RFC 9457) with stable codes.</p>
${operations.join("\n")}
</main>
</body>
</html>
`;
}

function describeOperation(method: string, path: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses = {} } = operation;
  const body = requestBody && `<p>Body: ${list(Object.keys(requestBody.content))}</p>`;
  const answers = Object.entries(responses).map(([status, { description, content = {} }]) =>
    row([`<strong>${escape(status)}</strong>`, text(description), list(Object.keys(content))])
  );
  return `<section>
<h2><span class="method">${escape(method)}</span> <code>${escape(path)}</code></h2>
<p>${text(summary)}${description ? `\n\n${text(description)}` : ""}</p>
${
    parameters.length > 0
      ? table("Parameters", ["Name", "Values", "Default", ""], parameters.map(parameterRow))
      : ""
  }
${body ?? ""}
${table("Answers", ["Status", "", "Media types"], answers)}
</section>`;
}

function parameterRow({ name, description, schema = {} }: Parameter): string {
  const { type = "", enum: values, minimum, maximum } = schema;
  const range = values
    ? list(values)
    : minimum === undefined
    ? escape(type)
    : `${escape(type)}, ${minimum} to ${maximum}`;
  const standard = schema.default === undefined ? "" : `<code>${escape(String(schema.default))}</code>`;
  return row([`<code>${escape(name)}</code>`, range, standard, text(description)]);
}

function table(caption: string, heads: readonly string[], rows: readonly string[]): string {
  const head = heads.map((name) => `<th scope="col">${name}</th>`).join("");
  return `<h3>${caption}</h3>\n<table><thead><tr>${head}</tr></thead><tbody>\n${
    rows.join("\n")
  }\n</tbody></table>`;
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

function list(words: readonly string[]): string {
  return words.map((word) => `<code>${escape(word)}</code>`).join(", ");
}

/** Text in which backquotes mark code. */
function text(value = ""): string {
  return escape(value).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function escape(value: string): string {
  return value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
