// One answer: from the fields of a request to the events of a stream, or to one JSON document.
'use strict'

const crypto = require('crypto')

// A text that may go on for ever, so the model's end of text never fits. llama.node takes ignore_eos and does nothing with it.
const ENDLESS = 'root ::= [^\\x00] root'

class BadRequest extends Error {
  constructor(message, status = 400) {
    super(message)
    this.status = status
  }
}

function number(wanted, key, fallback, least, most, whole) {
  const value = wanted[key]
  if (value === undefined || value === null) return fallback
  if (typeof value !== 'number' || value < least || value > most || (whole && !Number.isInteger(value)))
    throw new BadRequest(`"${key}" must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`)
  return value
}

function flag(wanted, key) {
  const value = wanted[key]
  if (value !== undefined && value !== null && typeof value !== 'boolean') throw new BadRequest(`"${key}" must be true or false`)
  return value === true
}

function contentOf(message) {
  if (message === null || typeof message !== 'object' || typeof message.role !== 'string') throw new BadRequest('each message needs a "role"')
  if (typeof message.content === 'string') return message.content
  if (Array.isArray(message.content) && message.content.every((part) => part && part.type === 'text' && typeof part.text === 'string'))
    return message.content.map((part) => part.text).join('')
  throw new BadRequest('the "content" of a message must be text')
}

// The model has no template of its own: a line for each message, and the beginning of the answer's.
function promptOf(kind, wanted) {
  if (kind === 'text') {
    if (typeof wanted.prompt !== 'string' || wanted.prompt === '') throw new BadRequest('"prompt" must be a text')
    return wanted.prompt
  }
  if (!Array.isArray(wanted.messages) || wanted.messages.length === 0) throw new BadRequest('"messages" must be an array with a message at least')
  return wanted.messages.map((m) => `${m && m.role}: ${contentOf(m)}\n`).join('') + 'assistant:'
}

class Answer {
  constructor(engine, kind, wanted) {
    this.engine = engine
    this.kind = kind
    if (wanted.stop !== undefined && wanted.stop !== null) throw new BadRequest('"stop" is not supported')
    if (wanted.n !== undefined && wanted.n !== 1) throw new BadRequest('"n" must be 1')
    this.stream = flag(wanted, 'stream')
    const options = wanted.stream_options ?? {}
    if (typeof options !== 'object') throw new BadRequest('"stream_options" must be an object')
    this.withUsage = flag(options, 'include_usage')
    this.model = typeof wanted.model === 'string' ? wanted.model : engine.name
    this.prompt = promptOf(kind, wanted)
    this.most = number(wanted, 'max_completion_tokens', number(wanted, 'max_tokens', 0, 1, engine.limit, true), 1, engine.limit, true)
    this.options = {
      prompt: this.prompt,
      seed: number(wanted, 'seed', crypto.randomInt(2 ** 31), 0, 2 ** 31 - 1, true),
      temperature: number(wanted, 'temperature', 1, 0, 10),
      top_k: number(wanted, 'top_k', 0, 0, 1 << 20, true),
      top_p: number(wanted, 'top_p', 1, 0, 1),
      min_p: number(wanted, 'min_p', 0, 0, 1),
      // llama.node's defaults here would take unlikely tokens in one of ten draws.
      xtc_probability: 0,
      dry_multiplier: 0,
      ...(flag(wanted, 'ignore_eos') ? { grammar: ENDLESS } : {}),
    }
    const id = crypto.randomBytes(12).toString('hex')
    this.head = {
      id: kind === 'chat' ? `chatcmpl-${id}` : `cmpl-${id}`,
      created: Math.floor(Date.now() / 1000),
      model: this.model,
    }
  }

  // Fits the answer into the context, as tokens count it.
  async measure() {
    const { tokens } = await this.engine.context.tokenize(this.prompt)
    const room = this.engine.limit - tokens.length - 1
    if (room < 1 || this.most > room)
      throw new BadRequest(`the prompt has ${tokens.length} tokens, and ${this.engine.limit} is all that the prompt and "max_tokens" may have`)
    this.options.n_predict = this.most || room
  }

  // Resolves to what became of it: how it ended, and llama.cpp's timings.
  async run(response) {
    await this.measure()
    if (response.destroyed) return { end: 'gone' }
    this.engine.metrics.begin()
    let result
    try {
      result = await this.generate(response)
    } finally {
      this.engine.metrics.end(result && result.timings)
    }
    if (result === undefined) return { end: 'gone' } // the client has
    if (this.stream) this.finishStream(response, result)
    else this.sendWhole(response, result)
    return { end: this.reason(result), ...result.timings }
  }

  // Resolves to llama.cpp's result; to undefined when the client went away, which cancels the answer.
  async generate(response) {
    const { promise, stop } = await this.engine.context.parallel.completion(this.options, (_, event) => {
      if (this.stream && event.token !== '') this.sendToken(response, event.token)
    })
    let gone = false
    const cancel = () => {
      gone = true
      stop()
    }
    response.on('close', cancel)
    try {
      return await promise
    } catch (e) {
      if (gone) return undefined
      throw e
    } finally {
      response.off('close', cancel)
    }
  }

  event(choices, more) {
    const object = this.kind === 'chat' ? 'chat.completion.chunk' : 'text_completion'
    return `data: ${JSON.stringify({ ...this.head, object, choices, ...more })}\n\n`
  }

  choice(delta, reason) {
    const one = { index: 0, finish_reason: reason }
    return [this.kind === 'chat' ? { ...one, delta } : { ...one, text: delta.content ?? '' }]
  }

  // The first token comes in one write with the event that has the role alone, as llama.cpp's server sends it.
  sendToken(response, text) {
    let first = ''
    if (!response.headersSent) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
      if (this.kind === 'chat') first = this.event(this.choice({ role: 'assistant', content: null }, null))
    }
    response.write(first + this.event(this.choice({ content: text }, null)))
  }

  usage(result) {
    const { cache_n: cached = 0, prompt_n: fresh, predicted_n: predicted } = result.timings
    return {
      prompt_tokens: cached + fresh,
      completion_tokens: predicted,
      total_tokens: cached + fresh + predicted,
      prompt_tokens_details: { cached_tokens: cached },
    }
  }

  finishStream(response, result) {
    if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
    const end = this.choice({}, this.reason(result))
    const timings = { timings: result.timings }
    let text = this.event(end, this.withUsage ? {} : timings)
    if (this.withUsage) text += this.event([], { usage: this.usage(result), ...timings })
    response.end(text + 'data: [DONE]\n\n')
  }

  reason(result) {
    return result.stopped_eos ? 'stop' : 'length'
  }

  sendWhole(response, result) {
    const one = { index: 0, finish_reason: this.reason(result) }
    const chat = this.kind === 'chat'
    const choice = chat ? { ...one, message: { role: 'assistant', content: result.text } } : { ...one, text: result.text }
    const object = chat ? 'chat.completion' : 'text_completion'
    const text = JSON.stringify({ ...this.head, object, choices: [choice], usage: this.usage(result), timings: result.timings })
    response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(text) })
    response.end(text)
  }
}

module.exports = { Answer, BadRequest }
