// Reads messages as JSON and writes them as the stock runtime of Node does, and the other way round. Each line of input is a JSON
// object: the name of a message, and its JSON or its bytes. The argument is a file of descriptors.
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(process.argv[2])));

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const message = registry.getMessage(asked.message);
  const answer = asked.json
    ? { bytes: Buffer.from(toBinary(message, fromJson(message, asked.json))).toString("base64") }
    : { json: toJson(message, fromBinary(message, Buffer.from(asked.bytes, "base64")), { useProtoFieldName: true }) };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
