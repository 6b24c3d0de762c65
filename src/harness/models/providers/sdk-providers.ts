import { PrerequisiteError, UserError } from '../../../base/errors.ts';
import type { Model, ModelSettings } from '../model.ts';
import { type SdkLanguageModel, type SdkModelOptions, sdkModel } from './sdk-model.ts';

/** What a provider is made with. */
export interface ProviderContext {
  /** The process's environment; keys come from here and from nowhere else. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths of `scripted/` and `replay/` start from. */
  readonly cwd: string;
  /** In place of the provider's own address. */
  readonly baseUrl: string | undefined;
  readonly settings: ModelSettings;
  readonly stallMs: number;
  readonly nowMs: () => number;
}

interface SdkProvider {
  readonly keys: readonly string[];
  readonly needsKey: boolean;
  readonly needsBaseUrl?: boolean;
  readonly load: (
    model: string,
    key: string | undefined,
    baseUrl: string | undefined,
  ) => Promise<SdkLanguageModel>;
  readonly options: (settings: ModelSettings) => SdkModelOptions['providerOptions'];
  readonly cacheMark?: SdkModelOptions['providerOptions'];
}

const withBase = (apiKey: string | undefined, baseURL: string | undefined) => ({
  ...(apiKey === undefined ? {} : { apiKey }),
  ...(baseURL === undefined ? {} : { baseURL }),
});

const effort = (settings: ModelSettings) =>
  settings.reasoningEffort === undefined ? {} : { reasoningEffort: settings.reasoningEffort };

/** Providers that speak HTTP, by the first part of a model's name. */
export const sdkProviders: Readonly<Record<string, SdkProvider>> = {
  anthropic: {
    keys: ['ANTHROPIC_API_KEY'],
    needsKey: true,
    load: async (model, key, baseUrl) =>
      (await import('@ai-sdk/anthropic')).createAnthropic(withBase(key, baseUrl))(model),
    options: ({ reasoningEffort }) =>
      reasoningEffort === undefined
        ? {}
        : { anthropic: { effort: reasoningEffort, thinking: { type: 'adaptive' } } },
    cacheMark: { anthropic: { cacheControl: { type: 'ephemeral' } } },
  },
  google: {
    keys: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY'],
    needsKey: true,
    load: async (model, key, baseUrl) =>
      (await import('@ai-sdk/google')).createGoogleGenerativeAI(withBase(key, baseUrl))(model),
    options: ({ reasoningEffort }) =>
      reasoningEffort === undefined ? {} : { google: { thinkingConfig: { thinkingLevel: reasoningEffort } } },
  },
  openai: {
    keys: ['OPENAI_API_KEY'],
    needsKey: true,
    // chat completions: stateless, nothing of a conversation is kept at the provider
    load: async (model, key, baseUrl) =>
      (await import('@ai-sdk/openai')).createOpenAI(withBase(key, baseUrl)).chat(model),
    options: (settings) => ({ openai: effort(settings) }),
  },
  'openai-compatible': {
    keys: ['OPENAI_COMPATIBLE_API_KEY'],
    needsKey: false,
    needsBaseUrl: true,
    load: async (model, key, baseUrl) =>
      (await import('@ai-sdk/openai-compatible')).createOpenAICompatible({
        name: 'compatible',
        baseURL: baseUrl ?? '',
        includeUsage: true,
        ...(key === undefined ? {} : { apiKey: key }),
      })(model),
    options: (settings) => ({ compatible: effort(settings) }),
  },
};

/** A model of an HTTP provider. PrerequisiteError without its key, UserError without an address it needs. */
export async function createSdkModel(
  provider: string,
  model: string,
  context: ProviderContext,
): Promise<Model | undefined> {
  const found = Object.hasOwn(sdkProviders, provider) ? sdkProviders[provider] : undefined;
  if (found === undefined) return undefined;
  const key = found.keys.map((name) => context.env[name]).find((value) => value);
  if (found.needsKey && key === undefined)
    throw new PrerequisiteError('no-api-key', `there is no key for ${provider}`, {
      hint: `set ${found.keys.join(' or ')} in the environment`,
    });
  if (found.needsBaseUrl && context.baseUrl === undefined)
    throw new UserError('no-base-url', `${provider}/${model} needs an address`, {
      hint: 'give --base-url, such as http://localhost:8000/v1',
    });
  return sdkModel({
    name: `${provider}/${model}`,
    language: await found.load(model, key, context.baseUrl),
    settings: context.settings,
    providerOptions: found.options(context.settings),
    ...(found.cacheMark ? { cacheMark: found.cacheMark } : {}),
    stallMs: context.stallMs,
    secret: key,
    nowMs: context.nowMs,
  });
}
