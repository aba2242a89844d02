// workflow.mjs FILE: whether GitHub's own parser takes a workflow. Prints its errors, with line and column; exit code 1 if there are any.
import fs from "node:fs";
import { register } from "node:module";

// The parser imports JSON as it was allowed before Node.js 20.
register("data:text/javascript," + encodeURIComponent(`
    import fs from "node:fs";
    export async function load(url, context, next) {
        if (!url.endsWith(".json")) return next(url, context);
        return { format: "module", shortCircuit: true, source: "export default " + fs.readFileSync(new URL(url), "utf8") };
    }`));
const { parseWorkflow, NoOperationTraceWriter, convertWorkflowTemplate } = await import("@actions/workflow-parser");

const path = process.argv[2];
const parsed = parseWorkflow({ name: path, content: fs.readFileSync(path, "utf8") }, new NoOperationTraceWriter());
const template = parsed.value === undefined ? undefined : await convertWorkflowTemplate(parsed.context, parsed.value);
const errors = parsed.context.errors.getErrors().map((e) => e.message);
if (errors.length === 0 && !(template?.jobs?.length > 0)) errors.push(`${path}: it has no job`);
for (const error of errors) console.log(error);
process.exit(errors.length > 0 ? 1 : 0);
