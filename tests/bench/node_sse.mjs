// SPDX-License-Identifier: GPL-3.0-or-later
//
// A peer in node: node_sse.mjs URL STREAMS reads STREAMS chat streams at once, parses every event as JSON and counts
// those with text. Prints {"events":..,"wall_s":..}.
const [url, streams] = process.argv.slice(2);

async function readStream() {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"m","stream":true,"messages":[{"role":"user","content":"The sea?"}]}',
  });
  let rest = '';
  let events = 0;
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
      if (JSON.parse(line.slice(6)).choices[0].delta.content) events++;
    }
  }
  return events;
}

const start = process.hrtime.bigint();
const counts = await Promise.all(Array.from({ length: Number(streams) }, readStream));
const events = counts.reduce((a, b) => a + b, 0);
console.log(JSON.stringify({ events, wall_s: Number(process.hrtime.bigint() - start) / 1e9 }));
