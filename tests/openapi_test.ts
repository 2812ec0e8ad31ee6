import assert from "node:assert/strict";
import { segmentRemotely } from "../examples/http_client.ts";
import { FORMAT_NAMES, FORMATS } from "../lib/formats/table.ts";
import { SEGMENT_OPTIONS } from "../lib/options.ts";
import { OPTION_NAMES, parseSettings } from "../lib/settings.ts";
import { createApp } from "../routes/app.ts";
import { PROBLEMS } from "../routes/problem.ts";
import { problemJson, segmentationJson, submissionQuery } from "../routes/schema.ts";
import { stubSegmenter } from "./fixtures/stub_segmenter.ts";

const log = { segmented: 0, encoded: 0, settings: [] };
const app = createApp({ segmenter: stubSegmenter(log), remote: { hosts: ["images.example"] } });
const document = await (await app.request("/openapi.json")).json();

Deno.test("/openapi.json describes every path that a client may use, and nothing that is not there", async () => {
  assert.equal(document.openapi, "3.1.0");
  const paths = Object.entries(document.paths).map(([path, item]) => [path, Object.keys(item as object)]);
  assert.deepEqual(Object.fromEntries(paths), {
    "/healthz": ["get"],
    "/version": ["get"],
    "/readyz": ["get"],
    "/metrics": ["get"],
    "/v1/segment": ["get"],
    "/v1/segmentations": ["post"],
    "/v1/segmentations/{id}": ["get", "delete"],
    "/v1/segmentations/{id}/status": ["get"],
    "/v1/segmentations/{id}/events": ["get"],
    "/v1/segmentations/{id}/{format}": ["get"],
  });
  for (const path of Object.keys(document.paths)) {
    const response = await app.request(path.replace("{id}", "x").replace("{format}", "y"), {
      method: "PUT",
    });
    assert.equal(response.status, 405, path);
  }
});

Deno.test("/openapi.json gives every option its range, default and effect", () => {
  const { parameters } = document.paths["/v1/segmentations"].post;
  const byName = Object.fromEntries(parameters.map((p: { name: string }) => [p.name, p]));
  assert.deepEqual(Object.keys(byName), [...OPTION_NAMES, "format"]);
  for (const name of OPTION_NAMES) {
    const option = SEGMENT_OPTIONS[name];
    const { schema, description, required } = byName[name];
    assert.equal(description ?? schema.description, option.description);
    assert.equal(required ?? false, false);
    assert.equal(schema.default, option.default);
    if (option.type === "choice") assert.deepEqual(schema.enum, option.values);
    else {assert.deepEqual([schema.type, schema.minimum, schema.maximum], [
        option.type,
        option.min,
        option.max,
      ]);}
  }
});

Deno.test("/openapi.json names every media type and every problem code of a submission", () => {
  const { responses, requestBody } = document.paths["/v1/segmentations"].post;
  const types = [...new Set(FORMAT_NAMES.map((name) => FORMATS[name].mediaType))];
  assert.deepEqual(Object.keys(responses[201].content).sort(), types.sort());
  assert.ok(requestBody.content["multipart/form-data"].schema);
  const others = [
    document.paths["/v1/segment"].get.responses,
    document.paths["/v1/segmentations/{id}"].get.responses,
    document.paths["/v1/segmentations/{id}"].delete.responses,
  ];
  for (const [code, { status }] of Object.entries(PROBLEMS)) {
    if (status === 404 || status === 405 || code === "not_ready") continue;
    const described = [responses, ...others].find((all) => all[status])?.[status].description ?? "";
    assert.ok(described.includes(`\`${code}\``), `${code} under ${status}`);
  }
});

Deno.test("/openapi.json says how a finished result is cut again", () => {
  for (const path of ["/v1/segmentations/{id}", "/v1/segmentations/{id}/{format}"]) {
    const names = document.paths[path].get.parameters.map((p: { in: string; name: string }) =>
      `${p.in} ${p.name}`
    );
    assert.ok(names.includes("query regions") && names.includes("query threshold"), `${path}: ${names}`);
    assert.ok(names.includes("path id"), `${path}: ${names}`);
  }
});

Deno.test("/openapi.json refers to nothing that it does not define", () => {
  const text = JSON.stringify(document);
  for (const [, path] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = path!.split("/").reduce((node, key) => node?.[key], document);
    assert.ok(target, path);
  }
  assert.ok(!text.includes("__Hono"));
  // names that generated clients give their types
  assert.deepEqual(Object.keys(document.components.schemas).sort(), ["Job", "Problem", "Segmentation"]);
});

Deno.test("/reference shows every path, option and problem, with nothing from another host", async () => {
  const response = await app.request("/reference");
  assert.match(response.headers.get("Content-Type")!, /^text\/html/);
  assert.match(response.headers.get("Content-Security-Policy")!, /^default-src 'none'; style-src 'self'/);
  const html = await response.text();
  for (const path of Object.keys(document.paths)) assert.ok(html.includes(`<code>${path}</code>`), path);
  for (const name of [...OPTION_NAMES, ...FORMAT_NAMES]) {
    assert.ok(html.includes(`<code>${name}</code>`), name);
  }
  for (const code of ["queue_full", "corrupt_image"]) assert.ok(html.includes(`<code>${code}</code>`), code);
  assert.ok(!/<script|style=|https?:\/\//.test(html));
  const [, sheet] = /href="([^"]+\.css)"/.exec(html)!;
  assert.equal((await app.request(sheet!)).headers.get("Content-Type"), "text/css; charset=utf-8");
});

Deno.test("Answers fit the schemas that the document is made from", async () => {
  const answer = await app.request("/v1/segmentations?partitions=4", {
    method: "POST",
    body: new Blob(["photo"]),
  });
  segmentationJson.parse(await answer.json());
  const problem = await app.request("/v1/segmentations?partitions=1", {
    method: "POST",
    body: new Blob(["photo"]),
  });
  problemJson.parse(await problem.json());
});

Deno.test("The query's schema takes whatever parseSettings() takes, and refuses what is out of range", () => {
  const accepts = (check: () => unknown) => {
    try {
      check();
      return true;
    } catch {
      return false;
    }
  };
  const values = [
    "",
    "0",
    "1",
    "2",
    "8",
    "-1",
    "1.5",
    "1e3",
    "999999999999",
    "x",
    "head",
    "full",
    "slic",
    "auto",
    "wasm",
  ];
  for (const name of [...OPTION_NAMES, "partition", "toString"]) {
    for (const value of values) {
      const [ours, theirs] = [
        accepts(() => parseSettings({ [name]: value })),
        submissionQuery.safeParse({ [name]: value }).success,
      ];
      // coercion takes "" for 0; the parser that has the last word does not
      if (value !== "") assert.equal(theirs, ours, `${name}=${value}`);
    }
  }
});

Deno.test("The typed client of examples/http_client.ts segments an image and fetches its overlay", async () => {
  const { id, regions, overlay } = await segmentRemotely(
    "http://service",
    new Blob(["photo"]),
    ((input: string, init?: RequestInit) => app.request(input, init)) as typeof fetch,
  );
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.equal(regions.length, 2);
  assert.equal(overlay.type, "image/png");
});
