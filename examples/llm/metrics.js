// What GET /metrics says, under the names of llama.cpp's own server. Counters count an answer when it ends, the two gauges of requests
// are of the moment.
'use strict'

class Metrics {
  constructor(slots) {
    this.slots = slots
    this.open = 0 // requests that the engine has, waiting ones included
    this.promptTokens = 0
    this.promptMs = 0
    this.predictedTokens = 0
    this.predictedMs = 0
    this.longest = 0
  }

  begin() {
    this.open++
  }

  end(timings) {
    this.open--
    if (!timings) return
    this.promptTokens += timings.prompt_n
    this.promptMs += timings.prompt_ms
    this.predictedTokens += timings.predicted_n
    this.predictedMs += timings.predicted_ms
    this.longest = Math.max(this.longest, timings.cache_n + timings.prompt_n + timings.predicted_n)
  }

  text() {
    const speed = (tokens, ms) => (ms > 0 ? (1000 * tokens) / ms : 0)
    const lines = [
      ['prompt_tokens_total', 'counter', 'Number of prompt tokens processed.', this.promptTokens],
      ['prompt_seconds_total', 'counter', 'Time spent on prompts.', this.promptMs / 1000],
      ['tokens_predicted_total', 'counter', 'Number of tokens generated.', this.predictedTokens],
      ['tokens_predicted_seconds_total', 'counter', 'Time spent on generating.', this.predictedMs / 1000],
      ['n_tokens_max', 'counter', 'Tokens of the longest prompt with its answer.', this.longest],
      ['prompt_tokens_seconds', 'gauge', 'Prompt tokens per second, on average.', speed(this.promptTokens, this.promptMs)],
      ['predicted_tokens_seconds', 'gauge', 'Generated tokens per second, on average.', speed(this.predictedTokens, this.predictedMs)],
      ['requests_processing', 'gauge', 'Requests that have a slot.', Math.min(this.open, this.slots)],
      ['requests_deferred', 'gauge', 'Requests that wait for one.', Math.max(0, this.open - this.slots)],
    ]
    return lines.map(([name, type, help, value]) => `# HELP llamacpp:${name} ${help}\n# TYPE llamacpp:${name} ${type}\nllamacpp:${name} ${value}\n`).join('')
  }
}

module.exports = { Metrics }
