// The hashes of pictures by ThumbHash's author: node thumb_hash.mjs FILE...
// A file is two bytes, width and height, and then RGBA; a line of hexadecimal for each.
import { readFileSync } from "node:fs";
import { rgbaToThumbHash } from "thumbhash";

for (const path of process.argv.slice(2)) {
  const bytes = readFileSync(path);
  const hash = rgbaToThumbHash(bytes[0], bytes[1], bytes.subarray(2));
  console.log(Buffer.from(hash).toString("hex"));
}
