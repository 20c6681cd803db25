// The Vercel AI SDK as a client: one job on standard input, what the application heard on standard output, both JSON.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const MAKERS = {
  chat: ({ url, key }, name) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat(name),
  responses: ({ url, key }, name) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).responses(name),
  compatible: ({ url, key }, name) =>
    createOpenAICompatible({
      name: "understudy", baseURL: `${url}/v1`, apiKey: key, includeUsage: true, supportsStructuredOutputs: true,
    })(name),
  anthropic: ({ url, key }, name) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(name),
  google: ({ url, key }, name) => createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: key })(name),
};

const WEATHER = tool({
  description: "Weather of a city",
  inputSchema: z.object({ city: z.string(), days: z.number().int() }),
  execute: async ({ city, days }) => `rain in ${city} for ${days} days`,
});

const CITY = z.object({ name: z.string(), inhabitants: z.number().int(), rivers: z.array(z.string()) });

async function generated(model, job) {
  const heard = await generateText({ model, prompt: job.prompt, maxRetries: 0, maxOutputTokens: 4000 });
  return { text: heard.text, finish: heard.finishReason, usage: heard.usage };
}

async function streamed(model, job) {
  let failure;
  const heard = streamText({
    model, prompt: job.prompt, maxRetries: 0, maxOutputTokens: 4000, onError: ({ error }) => { failure ??= error; },
  });
  const pieces = [];
  for await (const piece of heard.textStream) pieces.push(piece);
  if (failure) throw failure;
  return { text: pieces.join(""), pieces: pieces.length, finish: await heard.finishReason, usage: await heard.usage };
}

async function called(model, job) {
  const heard = await generateText({
    model, prompt: job.prompt, maxRetries: 0, maxOutputTokens: 4000, tools: { weather: WEATHER }, stopWhen: stepCountIs(2),
  });
  const [first] = heard.steps;
  return {
    steps: heard.steps.length,
    calls: first.toolCalls.map(({ toolName, input }) => ({ toolName, input })),
    results: first.toolResults.map(({ output }) => output),
    finish: first.finishReason,
  };
}

async function shaped(model, job) {
  const heard = await generateObject({ model, prompt: job.prompt, maxRetries: 0, maxOutputTokens: 4000, schema: CITY });
  return { object: heard.object, finish: heard.finishReason };
}

const JOBS = { generated, streamed, called, shaped };

const jobs = JSON.parse(await new Response(process.stdin).text());
for (const job of jobs) {
  const model = MAKERS[job.client](job, job.model);
  let said;
  try {
    said = await JOBS[job.kind](model, job);
  } catch (error) {
    said = { error: error.name, status: error.statusCode, message: String(error.message) };
  }
  console.log(JSON.stringify(said));
}
