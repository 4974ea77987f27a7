// The demo pipeline with Node.js as the host (see PIPELINE.md): host.mjs DATA COMPONENT...
// host.mjs DATA apart: all services are in other processes.
// host.mjs serve: only the echo, until standard input ends.

import { readFileSync } from 'node:fs'

import { Code, HmsError, createClient, createServer, loadComponent } from 'hmsffi'

const DECIMAL = /^([0-9]{1,6})(?:\.([0-9]{1,4}))?$/
const RANGES = {
  bmi: ['10', '60'],
  bp: ['40', '200'],
  tc: ['50', '500'],
  ldl: ['10', '400'],
  hdl: ['5', '200'],
  tch: ['1', '20'],
  ltg: ['2', '8'],
  glu: ['30', '400'],
  sex_code: ['1', '2'],
  progression: ['0', '1000'],
}
const STEPS = { 'demo.units': 'convert', 'demo.risk': 'score', 'demo.render': 'line', 'demo.summary': 'by_decile' }

/** Decimal text as a count of ten-thousandths. */
function parse(name, text) {
  const found = DECIMAL.exec(text)
  if (!found) throw new HmsError(Code.InvalidArgument, `attribute ${name} is not a decimal number: "${text}"`)
  return Number(found[1]) * 10_000 + Number((found[2] ?? '').padEnd(4, '0'))
}

function records(path) {
  const [head, ...rows] = readFileSync(path, 'ascii').trim().split(/\r?\n/)
  const names = head.split(',').map((name) => (name === 'sex' ? 'sex_code' : name))
  return rows.map((row, index) => {
    const number = String(index + 1).padStart(3, '0')
    const { age, ...attributes } = Object.fromEntries(row.split(',').map((text, column) => [names[column], text]))
    return { id: `P${number}`, name: `Patient ${number}`, age: Number(age), gender: 0, contacts: [], attributes }
  })
}

function validate({ id, age, attributes }) {
  if (!(age >= 18 && age <= 100)) throw new HmsError(Code.InvalidArgument, `${id}: age ${age} is outside 18..100`)
  for (const [name, [low, high]] of Object.entries(RANGES)) {
    const text = attributes[name]
    if (text === undefined) throw new HmsError(Code.InvalidArgument, `attribute ${name} is missing`)
    const value = parse(name, text)
    if (value < parse(name, low) || value > parse(name, high)) {
      throw new HmsError(Code.InvalidArgument, `${id}: ${name} ${text} is outside ${low}..${high}`)
    }
  }
}

/** The services of the steps that are not here. */
async function lacking(client) {
  const missing = []
  for (const [id, method] of Object.entries(STEPS)) {
    const service = await client.getService(id)
    try {
      service.bind(method).close()
    } catch (error) {
      if (error.code !== Code.NotFound) throw error
      missing.push(`${id}.${method}`)
    }
  }
  return missing
}

async function run(client, patients) {
  const convert = (await client.getService('demo.units')).bind('convert')
  const summary = (await client.getService('demo.summary')).streamCall('by_decile')
  for (const [index, patient] of patients.entries()) {
    validate(patient)
    const item = await convert.call(patient)
    process.stdout.write(`${item.line}\n`)
    await summary.send(item)
    const done = index + 1
    if (done % 100 === 0 || done === patients.length) console.error(`${done} of ${patients.length} records`)
  }
  const { text } = await summary.result()
  process.stdout.write(`\n${text}`)
}

/** Microseconds that one call takes: the median of 7 rounds. */
function median(call, argument) {
  const round = (calls = 2000) => {
    const began = performance.now()
    for (let i = 0; i < calls; i++) call(argument)
    return ((performance.now() - began) * 1000) / calls
  }
  return Array.from({ length: 7 }, () => round()).sort((a, b) => a - b)[3]
}

/** This host's row of the matrix: the calls of every handler that is here. */
async function figures(client, patient) {
  for (const { id } of await client.listServices('demo.echo.*')) {
    const handler = await client.getService(id)
    const [echo, record] = [handler.bind('echo'), handler.bind('record')]
    const ofBytes = median((body) => echo.callSync(body), Buffer.alloc(64))
    const ofRecord = median((body) => record.callSync(body), patient)
    const language = id.slice('demo.echo.'.length)
    console.error(
      `node calls ${language}: ${ofBytes.toFixed(2)} us for 64 bytes, ${ofRecord.toFixed(2)} us for a record`,
    )
  }
}

async function startEcho() {
  const server = createServer({ name: 'echo' })
  server.registerService({ id: 'demo.echo.node', methods: { echo: (body) => body, record: (patient) => patient } })
  await server.start()
  return server
}

async function serve() {
  const server = await startEcho()
  console.log('ready')
  for await (const _ of process.stdin);
  await server.close()
}

async function main([data, ...components]) {
  if (data === undefined) throw new Error('usage: host.mjs DATA COMPONENT...')
  const isApart = components.length === 1 && components[0] === 'apart'
  if (!isApart) for (const component of components) loadComponent(component)
  const client = createClient()
  const server = isApart ? undefined : await startEcho()
  try {
    const patients = records(data)
    const missing = await lacking(client)
    if (missing.length > 0) {
      console.error(`these steps are not here, so no record is processed: ${missing.join(', ')}`)
    } else {
      await run(client, patients)
    }
    await figures(client, patients[0])
  } finally {
    await server?.close()
  }
}

try {
  const words = process.argv.slice(2)
  await (words[0] === 'serve' ? serve() : main(words))
} catch (error) {
  console.error(error instanceof HmsError ? error.message : error)
  process.exitCode = 1
}
