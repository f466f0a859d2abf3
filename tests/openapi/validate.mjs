// Validates the document that `ruck openapi` prints against the OpenAPI 3.1 schema.
import { execFileSync } from "node:child_process";
import { Validator } from "@seriousme/openapi-schema-validator";

const text = execFileSync(process.argv[2], ["openapi"], { encoding: "utf8", maxBuffer: 1 << 26 });
const result = await new Validator().validate(JSON.parse(text));
if (!result.valid) {
  console.error(JSON.stringify(result.errors, null, 2));
  process.exit(1);
}
const paths = Object.values(JSON.parse(text).paths);
const operations = paths.flatMap((path) => Object.values(path));
const ids = operations.map((operation) => operation.operationId);
if (new Set(ids).size !== ids.length) throw new Error("an operationId is there twice");
for (const operation of operations) {
  if (!operation.summary) throw new Error(`${operation.operationId} has no summary`);
}
console.log(`OpenAPI ${JSON.parse(text).openapi}: ${operations.length} operations are valid`);
