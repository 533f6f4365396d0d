// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the official clients make of recorded answers with thoughts and tool calls.
//   recorded.mjs serve FOLDER    a server that answers each request with the bytes of FOLDER/NAME.wire; the request's
//                                X-Wire header has the NAME
//   recorded.mjs URL             asks for each; prints one JSON object a case
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';

const [what, folder] = process.argv.slice(2);

function answer(socket) {
  let asked = '';
  socket.setEncoding('latin1').on('error', () => {});
  socket.on('data', (more) => {
    asked += more;
    const head = asked.indexOf('\r\n\r\n');
    const length = /content-length: *([0-9]+)/i.exec(asked.slice(0, Math.max(head, 0)));
    if (head < 0 || !length || asked.length < head + 4 + Number(length[1])) return;
    socket.end(readFileSync(`${folder}/${/x-wire: *([a-z_]+)/i.exec(asked)[1]}.wire`));
    asked = '';
  });
}

async function collect(stream, read) {
  const all = {};
  for await (const part of stream) {
    for (const [name, text] of Object.entries(read(part))) {
      if (text) all[name] = (all[name] ?? '') + text;
    }
  }
  return all;
}

const chatParts = (part) => {
  const delta = part.choices[0]?.delta ?? {};
  const call = delta.tool_calls?.[0]?.function ?? {};
  return { text: delta.content, thought: delta.reasoning, name: call.name, input: call.arguments };
};
const responseParts = (part) => ({
  text: part.type === 'response.output_text.delta' && part.delta,
  thought: /reasoning.*delta$/.test(part.type) && part.delta,
  name: part.type === 'response.output_item.added' && part.item.name,
  input: part.type === 'response.function_call_arguments.delta' && part.delta,
});
const ollamaParts = ({ message }) => ({
  text: message.content,
  thought: message.thinking,
  name: message.tool_calls?.[0].function.name,
  input: message.tool_calls && JSON.stringify(message.tool_calls[0].function.arguments),
});

async function ask(url) {
  const require = createRequire(import.meta.url);
  const { OpenAI } = require('openai');
  const { Ollama } = require('ollama');
  const { Anthropic } = require('@anthropic-ai/sdk');
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-planted-secret', maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: url, apiKey: 'sk-ant-planted-secret', maxRetries: 0 });
  const messages = [{ role: 'user', content: 'When is high tide?' }];
  const parameters = { type: 'object', properties: { port: { type: 'string' } } };
  const tool = { type: 'function', function: { name: 'tide', parameters } };
  const marked = (name) => ({ headers: { 'X-Wire': name } });
  const chat = (name) =>
    openai.chat.completions.create({ model: 'm', messages, tools: [tool], stream: true }, marked(name)).then((s) => collect(s, chatParts));
  const responses = (name) =>
    openai.responses
      .create({ model: 'm', input: 'When?', reasoning: { summary: 'auto' }, tools: [{ type: 'function', name: 'tide', parameters }], stream: true }, marked(name))
      .then((s) => collect(s, responseParts));
  const request = { model: 'm', max_tokens: 2048, messages, tools: [{ name: 'tide', input_schema: parameters }], thinking: { type: 'enabled', budget_tokens: 1024 } };
  const message = (answered) => ({ content: answered.content, finish: answered.stop_reason, usage: answered.usage });
  const ollama = (name) =>
    new Ollama({ host: url, headers: { 'X-Wire': name } })
      .chat({ model: 'm', messages, tools: [tool], think: true, stream: true })
      .then((s) => collect(s, ollamaParts));
  const cases = {
    chat_tool_calls: chat,
    chat_reasoning_first: chat,
    responses_tool_call: responses,
    responses_stream_reasoning: responses,
    anthropic_tool_use: (name) => anthropic.messages.stream(request, marked(name)).finalMessage().then(message),
    anthropic_body_tool_use: (name) => anthropic.messages.create(request, marked(name)).then(message),
    ollama_tool_call: ollama,
    ollama_thinking: ollama,
  };
  for (const [name, run] of Object.entries(cases)) {
    const seen = await run(name).catch((error) => ({ threw: `${error.name}: ${error.message}` }));
    console.log(JSON.stringify({ case: name, ...seen }));
  }
}

if (what === 'serve') {
  const server = createServer(answer).listen(0, '127.0.0.1', () => console.error(`listening on http://127.0.0.1:${server.address().port}`));
} else {
  await ask(what);
}
