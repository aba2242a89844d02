#!/usr/bin/env node
// A language model behind OpenAI's protocol: llama.cpp (by @fugood/llama.node) with a small HTTP front. README.md has the settings.
//
// It serves SLOTS answers at once; further requests wait in their order. It listens only when the model is loaded, so a platform
// that starts it on demand makes the first request wait for all of that.
'use strict'

const fs = require('fs')
const http = require('http')
const path = require('path')
const { Answer, BadRequest } = require('./answer')
const { Metrics } = require('./metrics')

const BODY_MAX = 8 << 20

function fail(why) {
  console.error(`engine: ${why}`)
  process.exit(1)
}

function setting(name, fallback, most) {
  const text = process.env[name] ?? String(fallback)
  const n = Number(text)
  if (text === '' || !Number.isInteger(n) || n < 0 || n > most) fail(`${name} must be a whole number up to ${most}, and is "${text}"`)
  return n
}

const config = {
  host: process.env.HOST || '127.0.0.1',
  port: setting('PORT', 8080, 65535),
  model: process.env.MODEL || path.join(__dirname, 'tiny-random.gguf'),
  slots: Math.max(1, setting('SLOTS', 4, 64)),
  context: Math.max(64, setting('CONTEXT', 4096, 1 << 20)), // tokens of one prompt with its answer
  threads: Math.max(1, setting('THREADS', 1, 256)),
  log: process.env.LOG, // a file that gets a line of JSON for each answer
}

// llama.node crashes on a file that is no model.
function checkModel(file) {
  const magic = Buffer.alloc(4)
  try {
    const fd = fs.openSync(file, 'r')
    fs.readSync(fd, magic, 0, 4, 0)
    fs.closeSync(fd)
  } catch (e) {
    if (e.code === 'ENOENT') fail(`${file} is not there: write it with examples/llm/make_model.py --out ${file}`)
    fail(`${file} cannot be read: ${e.message}`)
  }
  if (magic.toString('latin1') !== 'GGUF') fail(`${file} is no GGUF file`)
}

async function load() {
  checkModel(config.model)
  let llama
  try {
    llama = require('@fugood/llama.node')
  } catch (e) {
    fail(`llama.cpp is not installed: run scripts/install-deps llm (${e.message.split('\n')[0]})`)
  }
  const options = {
    model: config.model,
    n_ctx: config.slots * config.context,
    n_parallel: config.slots,
    n_threads: config.threads,
    n_gpu_layers: 0,
    kv_unified: false, // each slot has its own part of the context
    ctx_shift: false, // an answer that does not fit is an error, not a text with a hole
  }
  try {
    const context = await llama.loadModel(options)
    if (!(await context.parallel.enable({ n_parallel: config.slots, n_batch: 512 }))) fail('llama.cpp has no parallel mode')
    return context
  } catch (e) {
    fail(`${config.model} cannot be loaded: ${e.message}`)
  }
}

function send(response, status, type, text) {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}

function sendJson(response, status, value) {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(value))
}

function sendError(response, status, message) {
  const type = status === 404 ? 'not_found_error' : status < 500 ? 'invalid_request_error' : 'server_error'
  sendJson(response, status, { error: { code: status, message, type } })
}

function readBody(request) {
  return new Promise((resolve, reject) => {
    const parts = []
    let size = 0
    request.on('data', (part) => {
      size += part.length
      if (size <= BODY_MAX) parts.push(part)
      else parts.length = 0
    })
    request.on('end', () => (size > BODY_MAX ? reject(new BadRequest(`the body has more than ${BODY_MAX} bytes`, 413)) : resolve(Buffer.concat(parts))))
    request.on('error', reject)
  })
}

async function readJson(request) {
  const body = await readBody(request)
  let value
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (e) {
    throw new BadRequest(`the body is not JSON: ${e.message}`)
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new BadRequest('the body is not a JSON object')
  return value
}

async function answer(engine, kind, request, response) {
  try {
    const wanted = await readJson(request)
    const one = new Answer(engine, kind, wanted)
    const said = await one.run(response)
    engine.log({ traceparent: request.headers.traceparent, seed: wanted.seed, ...said })
  } catch (e) {
    if (response.headersSent) response.destroy(e)
    else sendError(response, e instanceof BadRequest ? e.status : 500, e.message)
  }
}

function route(engine, request, response) {
  const where = `${request.method} ${request.url.split('?')[0]}`
  switch (where) {
    case 'POST /v1/chat/completions':
      return answer(engine, 'chat', request, response)
    case 'POST /v1/completions':
      return answer(engine, 'text', request, response)
    case 'GET /v1/models':
      return sendJson(response, 200, { object: 'list', data: [{ id: engine.name, object: 'model', created: engine.started, owned_by: 'local' }] })
    case 'GET /health':
      return sendJson(response, 200, { status: 'ok' })
    case 'GET /metrics':
      return send(response, 200, 'text/plain; version=0.0.4', engine.metrics.text())
    default:
      return sendError(response, 404, `there is no ${where}`)
  }
}

async function main() {
  const context = await load()
  const engine = {
    context,
    limit: config.context,
    name: context.getModelInfo().metadata['general.name'] || path.basename(config.model),
    metrics: new Metrics(config.slots),
    log: config.log ? (entry) => fs.appendFileSync(config.log, JSON.stringify(entry) + '\n') : () => {},
    started: Math.floor(Date.now() / 1000),
  }
  const server = http.createServer((request, response) => route(engine, request, response))
  server.keepAliveTimeout = 65000 // longer than most clients keep an idle connection
  server.requestTimeout = 0
  server.on('error', (e) => fail(`cannot listen on ${config.host}:${config.port}: ${e.message}`))
  server.listen(config.port, config.host, () => {
    console.error(`engine: ${engine.name} listens on http://${config.host}:${server.address().port}, ${config.slots} answers at once`)
  })
  const stop = () => {
    server.close(() => process.exit(0)) // after the answers that are in progress
    server.closeIdleConnections()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

main()
