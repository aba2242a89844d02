// h2.js KEY CERT LOG: an HTTP/2 server (node's) that ends streams and connections as the path asks. Prints "ready PORT" once it listens; LOG gets
// a line "CONNECTION STREAM METHOD PATH" for each request before anything is done with it. tests/support/README.md lists the paths.
const http2 = require('http2'), fs = require('fs');
const c = http2.constants, log = process.argv[4];
let sessions = 0, socket;
const server = http2.createSecureServer({ key: fs.readFileSync(process.argv[2]), cert: fs.readFileSync(process.argv[3]) });
server.on('session', s => { s.number = ++sessions; s.seen = 0; s.on('error', () => {}); });
server.on('secureConnection', x => { socket = x; });
server.on('sessionError', () => {});
const ok = st => { st.respond({ ':status': 200 }); st.end('ok'); };
server.on('stream', (st, h) => {
  const s = st.session, words = h[':path'].split('?')[0].split('/');
  s.seen++;
  st.on('error', () => {});
  fs.appendFileSync(log, `${s.number} ${st.id} ${h[':method']} ${h[':path']}\n`);
  const kept = s.seen > 1;
  switch (words[1]) {
    case 'rst': return st.close(c['NGHTTP2_' + words[2]]);
    case 'rst-kept': return kept ? st.close(c['NGHTTP2_' + words[2]]) : ok(st);
    case 'goaway': // /goaway/CODE/LAST: says that it acted on streams up to LAST ("this", "before"), and ends the connection
    case 'goaway-kept':
      if (words[1] === 'goaway-kept' && !kept) return ok(st);
      s.goaway(Number(words[2]), words[3] === 'this' ? st.id : Math.max(0, st.id - 2));
      return setTimeout(() => s.destroy(), 20);
    case 'goaway-answer': s.goaway(0, st.id); return setTimeout(() => ok(st), 20);
    case 'destroy': return socket.destroy();
    case 'destroy-kept': return kept ? socket.destroy() : ok(st);
    case 'cut': st.respond({ ':status': 200, 'content-length': 100 }); st.write('x'); return setTimeout(() => s.destroy(), 50);
    case 'early': st.respond({ ':status': 200 }); return st.end('ok');
    case 'early-length': st.respond({ ':status': 200, 'content-length': 2 }); return st.end('ok');
    case 'early-204': st.respond({ ':status': 204 }); return st.end();
    case 'early-413': st.respond({ ':status': 413 }); return st.end('no');
    case 'tokens': { // /tokens/N/END: events 2 ms apart, then a finish reason and [DONE], or nothing (END is cut)
      let left = Number(words[2]);
      st.respond({ ':status': 200, 'content-type': 'text/event-stream' });
      st.on('close', () => { clearInterval(timer); fs.appendFileSync(log, `closed ${st.id} left ${left}\n`); });
      const timer = setInterval(() => {
        if (left-- > 0) return st.write('data: {"choices":[{"delta":{"content":"t' + left + '"}}]}\n\n');
        clearInterval(timer);
        st.end(words[3] === 'cut' ? '' : 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
      }, 2);
      return;
    }
    default: return ok(st);
  }
});
server.listen(0, '127.0.0.1', () => console.log('ready ' + server.address().port));
