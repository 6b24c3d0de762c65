import { UserError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { byCodeUnit } from '../../base/order.ts';
import type { Model } from './model.ts';
import { createSdkModel, type ProviderContext, sdkProviders } from './providers/sdk-providers.ts';

/** Names of all providers. */
export const providerNames: readonly string[] = [...Object.keys(sdkProviders), 'replay', 'scripted'].sort(
  byCodeUnit,
);

/**
 * The model of a `provider/model` name; its package is loaded now and not before. UserError for an unknown provider,
 * PrerequisiteError for a missing key.
 */
export async function createModel(name: string, context: ProviderContext): Promise<Model> {
  const slash = name.indexOf('/');
  const provider = slash < 0 ? name : name.slice(0, slash);
  const model = slash < 0 ? '' : name.slice(slash + 1);
  if (!providerNames.includes(provider) || model === '') {
    const near = nearest(provider, providerNames);
    throw new UserError('unknown-model', `"${name}" is no model: write provider/model`, {
      hint: `${near ? `did you mean "${near}/…"? ` : ''}providers: ${providerNames.join(', ')}`,
    });
  }
  if (provider === 'scripted')
    return (await import('./providers/scripted.ts')).createScriptedModel(model, context);
  if (provider === 'replay') return (await import('./providers/replay.ts')).createReplayModel(model, context);
  const created = await createSdkModel(provider, model, context);
  if (created === undefined) throw new UserError('unknown-model', `there is no provider "${provider}"`);
  return created;
}
