// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the official clients do with a server: client.mjs URL. Prints one JSON object a case, {"case":..,...}, without
// anything that differs between two runs (times, identifiers); a case that throws prints {"case":..,"threw":..}.
import { createRequire } from 'node:module';

// The packages are installed below the build folder, which is where this file is copied to.
const require = createRequire(import.meta.url);
const { OpenAI } = require('openai');
const { Ollama } = require('ollama');
const { Anthropic } = require('@anthropic-ai/sdk');

const url = process.argv[2];
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-planted-secret', maxRetries: 0 });
const ollama = () => new Ollama({ host: url }); // abort() ends all streams of one client
const anthropic = new Anthropic({ baseURL: url, apiKey: 'sk-ant-planted-secret', maxRetries: 0 });
const asks = { model: 'm', max_tokens: 12, system: 'Be brief.', messages: [{ role: 'user', content: 'Größe?' }] };
const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Größe? "quoted" 🌊' },
];
const chat = { model: 'm', messages, max_tokens: 12 };

async function joined(stream, text) {
  let all = '';
  let parts = 0;
  for await (const part of stream) {
    all += text(part) ?? '';
    parts++;
  }
  return { text: all, parts };
}

// Reads some parts and leaves; says how it ended.
async function left(stream, leave) {
  let parts = 0;
  try {
    for await (const _ of stream) {
      if (++parts === 4) leave();
    }
  } catch (error) {
    return { atLeast: parts >= 4, all: false, ended: error.name };
  }
  return { atLeast: parts >= 4, all: parts > 100, ended: 'quietly' };
}

const cases = {
  async openaiChat() {
    const answer = await openai.chat.completions.create(chat);
    return { text: answer.choices[0].message.content, finish: answer.choices[0].finish_reason, usage: answer.usage };
  },
  async openaiChatStream() {
    let usage = null;
    const stream = await openai.chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } });
    const read = await joined(stream, (part) => {
      usage = part.usage ?? usage;
      return part.choices[0]?.delta?.content;
    });
    return { ...read, usage };
  },
  async openaiCompletionStream() {
    const stream = await openai.completions.create({ model: 'm', prompt: 'Once', max_tokens: 9, stream: true });
    return joined(stream, (part) => part.choices[0]?.text);
  },
  async openaiResponses() {
    const answer = await openai.responses.create({ model: 'm', input: 'Once', max_output_tokens: 9 });
    return { said: answer.output_text, status: answer.status, usage: answer.usage };
  },
  async openaiResponsesInPieces() {
    let usage = null;
    const stream = await openai.responses.create({ model: 'm', input: 'Once', max_output_tokens: 9, stream: true });
    const read = await joined(stream, (part) => {
      usage = part.response?.usage ?? usage;
      return part.type === 'response.output_text.delta' ? part.delta : '';
    });
    return { said: read.text, parts: read.parts, usage };
  },
  async openaiEmbeddings() {
    const answer = await openai.embeddings.create({ model: 'm', input: ['Once', 'Twice'] });
    return { data: answer.data.map((one) => [...one.embedding]), usage: answer.usage };
  },
  async anthropicMessages() {
    const answer = await anthropic.messages.create(asks);
    return { said: answer.content[0].text, finish: answer.stop_reason, usage: answer.usage };
  },
  async anthropicMessagesInPieces() {
    const stream = anthropic.messages.stream(asks);
    const read = await joined(stream, (part) => part.delta?.text);
    const answer = await stream.finalMessage();
    return { said: answer.content[0].text, same: answer.content[0].text === read.text, usage: answer.usage };
  },
  async openaiModels() {
    const page = await openai.models.list();
    return { models: page.data.map((model) => model.id) };
  },
  async openaiCancelled() {
    const stream = await openai.chat.completions.create({ ...chat, max_tokens: 400, stream: true });
    return left(stream, () => stream.controller.abort());
  },
  async openaiCancelledBeforeAnything() {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 150);
    const asked = { ...chat, max_tokens: 400, stream: false };
    return openai.chat.completions.create(asked, { signal: controller.signal }).then(
      () => ({ ended: 'answered' }),
      (error) => ({ ended: error.constructor.name }),
    );
  },
  async openaiNotFound() {
    return openai.get('/no/such/page').then(
      () => ({ status: 200 }),
      (error) => ({ status: error.status }),
    );
  },
  async ollamaChat() {
    const answer = await ollama().chat({ model: 'm', messages, options: { num_predict: 12 } });
    return { text: answer.message.content, done: answer.done, tokens: [answer.prompt_eval_count, answer.eval_count] };
  },
  async ollamaChatStream() {
    const stream = await ollama().chat({ model: 'm', messages, stream: true, options: { num_predict: 12 } });
    return joined(stream, (part) => part.message.content);
  },
  async ollamaGenerateStream() {
    const stream = await ollama().generate({ model: 'm', prompt: 'Once', stream: true, options: { num_predict: 9 } });
    return joined(stream, (part) => part.response);
  },
  async ollamaEmbed() {
    const answer = await ollama().embed({ model: 'm', input: 'Once' });
    return { embeddings: answer.embeddings, tokens: answer.prompt_eval_count };
  },
  async ollamaList() {
    const answer = await ollama().list();
    return { models: answer.models.map((model) => model.name) };
  },
  async ollamaCancelled() {
    const client = ollama();
    const stream = await client.chat({ model: 'm', messages, stream: true, options: { num_predict: 400 } });
    return left(stream, () => client.abort());
  },
};

for (const [name, run] of Object.entries(cases)) {
  const seen = await run().catch((error) => ({ threw: `${error.name}: ${error.message}` }));
  console.log(JSON.stringify({ case: name, ...seen }));
}
