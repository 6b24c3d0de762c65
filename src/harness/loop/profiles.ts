import { Registry } from '../../base/registry.ts';
import { native } from './native.ts';
import type { Profile } from './profile.ts';
import { stirrupAa } from './stirrup-aa.ts';

/** How models can be put to work, by name. */
export const profiles: Registry<Profile> = new Registry('profile', {
  [native.name]: native,
  [stirrupAa.name]: stirrupAa,
});
