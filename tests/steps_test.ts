import assert from "node:assert/strict";
import { hierarchySteps } from "../lib/hierarchy/hierarchy.ts";
import { dscHierarchy } from "../lib/hierarchy/mod.ts";
import { segment } from "../lib/segment.ts";
import { partOf, runSteps, runStepsWithBreaks, type Steps } from "../lib/steps.ts";
import { logo } from "./fixtures/robust_pictures.ts";

function* count(to: number): Steps<number> {
  for (let i = 1; i <= to; i++) yield i / to;
  return to;
}

Deno.test("runSteps() gives the result of all steps", () => {
  assert.equal(runSteps(count(4)), 4);
});

Deno.test("partOf() spreads a part over its share of the whole", () => {
  assert.deepEqual([...partOf(count(2), 0.5, 1)], [0.75, 1]);
});

Deno.test("runStepsWithBreaks() reports after each step and stops where the checkpoint throws", async () => {
  const parts: number[] = [];
  assert.equal(await runStepsWithBreaks(count(4), () => Promise.resolve(), (part) => parts.push(part)), 4);
  assert.deepEqual(parts, [0.25, 0.5, 0.75, 1]);
  let left = 2;
  const checkpoint = () => --left > 0 ? Promise.resolve() : Promise.reject(new Error("stop"));
  await assert.rejects(runStepsWithBreaks(count(4), checkpoint, (part) => parts.push(part)), /stop/);
  assert.deepEqual(parts.slice(4), [0.25, 0.5]);
});

Deno.test("hierarchySteps() rise to 1 and end with the tree of dscHierarchy()", () => {
  const image = logo(), steps = hierarchySteps(image), parts: number[] = [];
  let step = steps.next();
  for (; !step.done; step = steps.next()) parts.push(step.value);
  assert.deepEqual(step.value.merges, dscHierarchy(image).merges);
  assert(parts.length >= 15, `${parts.length} steps`);
  parts.forEach((part, i) => assert(part >= (parts[i - 1] ?? 0) && part <= 1));
  assert(parts.at(-1)! > 0.95);
});

Deno.test("segment() reports progress within the hierarchy, and stops there", async () => {
  const fractions: number[] = [];
  await segment(logo(), {
    onProgress: ({ stage, fraction }) => stage === "hierarchy" && fractions.push(fraction),
  });
  assert(new Set(fractions).size >= 15, fractions.join(" "));
  fractions.forEach((fraction, i) => assert(fraction >= (fractions[i - 1] ?? 0)));

  const controller = new AbortController();
  let after = 0;
  const onProgress = ({ stage }: { stage: string }) => {
    if (controller.signal.aborted) after++;
    if (stage === "hierarchy") controller.abort(new Error("enough"));
  };
  await assert.rejects(segment(logo(), { signal: controller.signal, onProgress }), /enough/);
  assert(after <= 1, `${after} more reports`);
});
