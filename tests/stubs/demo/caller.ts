// The demo's pipeline through typed clients: caller.js RECORDS

import { readFileSync } from 'node:fs'

import { createClient } from 'hmsffi'

import { Summary } from './summary.js'
import { Units, type ConvertParams } from './units.js'

const records: ConvertParams[] = JSON.parse(readFileSync(process.argv[2] as string, 'utf8'))
await using client = createClient()
const units = await Units.connect(client)
const items = (await Summary.connect(client)).byDecile()
for (const record of records) {
  const item = await units.convert(record)
  console.log(item.line)
  await items.send({ id: item.id, score: Number(item.score), progression: Number(item.progression) })
}
console.log()
process.stdout.write((await items.result()).text)
