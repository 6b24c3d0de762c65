import type { Registry } from '../base/registry.ts';
import { registryOf } from './catalogue.ts';
import { annotate } from './cover/annotate.ts';
import { configValueChange } from './cover/config-value-change.ts';
import { hpaBounds } from './cover/hpa-bounds.ts';
import { imageBump } from './cover/image-bump.ts';
import { logLevel } from './cover/log-level.ts';
import { restartCover } from './cover/restart.ts';
import { scaleByOne } from './cover/scale-by-one.ts';
import type { Cover } from './fault.ts';

/** All kinds of cover, by name: the only place that knows them. */
export const cover: Registry<Cover> = registryOf('cover', [
  annotate,
  configValueChange,
  hpaBounds,
  imageBump,
  logLevel,
  restartCover,
  scaleByOne,
]);
