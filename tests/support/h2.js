// h2.js KEY CERT LOG: an HTTP/2 server (node's) that ends streams and connections as the path asks. With - for KEY and CERT it is without TLS.
// Prints "ready PORT" once it listens; LOG gets a line "CONNECTION STREAM METHOD PATH" for each request before anything is done with it.
// tests/support/README.md lists the paths.
const http2 = require('http2'), fs = require('fs'), zlib = require('zlib'), crypto = require('crypto');
const c = http2.constants, log = process.argv[4], tls = process.argv[2] !== '-';
const BODY = '{"class":"tabby cat","score":0.873             }';
let sessions = 0, socket;
const limits = { settings: { maxConcurrentStreams: 100 }, maxSendHeaderBlockLength: 1 << 20 };
const server = tls ? http2.createSecureServer({ key: fs.readFileSync(process.argv[2]), cert: fs.readFileSync(process.argv[3]), ...limits })
  : http2.createServer(limits);
server.on('session', s => { s.number = ++sessions; s.seen = 0; s.on('error', () => {}); });
server.on(tls ? 'secureConnection' : 'connection', x => { socket = x; });
server.on('sessionError', () => {});
const ok = st => { st.respond({ ':status': 200 }); st.end('ok'); };
// Once the request's body is there.
const answer = (st, body = BODY, headers = {}) => st.resume().on('end', () => {
  st.respond({ ':status': 200, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers });
  st.end(body);
});
const echo = (st, h) => {
  const sum = crypto.createHash('sha256');
  let n = 0;
  st.on('data', x => { n += x.length; sum.update(x); }).on('end', () => {
    st.respond({ ':status': 200 });
    st.end(JSON.stringify({ headers: Object.entries(h), body_bytes: n, body_sha256: sum.digest('hex') }));
  });
};
const huge = (st, n) => {
  const block = Buffer.alloc(65536, 'x');
  const more = () => {
    while (n > 0) {
      const part = block.subarray(0, Math.min(n, block.length));
      n -= part.length;
      if (!st.write(part)) return st.once('drain', more);
    }
    st.end();
  };
  st.respond({ ':status': 200 });
  more();
};
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
    case 'ok': return answer(st);
    case 'echo': return echo(st, h);
    case 'status': st.respond({ ':status': Number(words[2]) }, { endStream: ['204', '304'].includes(words[2]) }); return st.destroyed || st.end(BODY);
    case 'hang': return;
    case 'slow': return setTimeout(() => answer(st), Number(words[2]));
    case 'huge': return huge(st, Number(words[2]));
    case 'gzip': return answer(st, zlib.gzipSync(words[2] ? Buffer.alloc(Number(words[2])) : BODY), { 'content-encoding': 'gzip' });
    case 'headers': return answer(st, BODY, { 'x-long': Array.from({ length: Number(words[2]) }, () => 'x'.repeat(1024)) });
    case '100continue': st.additionalHeaders({ ':status': 100 }); st.additionalHeaders({ ':status': 103, link: '</a>' }); return answer(st);
    case 'nocontent': return st.resume().on('end', () => st.respond({ ':status': 204 }, { endStream: true }));
    case 'cookie': return h.cookie ? answer(st, h.cookie) : (st.respond({ ':status': 403, 'set-cookie': 'a=b; Path=/' }), st.end('no cookie\n'));
    case 'trailers': st.respond({ ':status': 200 }, { waitForTrailers: true }); st.on('wantTrailers', () => st.sendTrailers({ 'x-sum': '2' })); return st.end('ok');
    case 'short': st.respond({ ':status': 200, 'content-length': 1000 }); st.write('xxxxxxxxxx'); return setTimeout(() => socket.end(), 50);
    case 'close': answer(st); return st.on('close', () => s.close());
    case 'idle-close': answer(st); return st.on('close', () => setTimeout(() => s.destroy(), 50));
    default: return ok(st);
  }
});
server.listen(0, '127.0.0.1', () => console.log('ready ' + server.address().port));
