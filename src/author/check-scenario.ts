import { dirname } from 'node:path';
import type { Checked, Diagnostic, Location } from '../base/diagnostics.ts';
import { nearest } from '../base/nearest.ts';
import { mechanismLookups } from '../fault/lookup.ts';
import { planScenario } from '../fault/planner.ts';
import { viewAtLoad, viewFromManifests } from '../fault/view.ts';
import type { Application } from '../spec/application.ts';
import { applyTiming, planTiming } from '../spec/apply-timing.ts';
import { type Capability, capabilities } from '../spec/capability.ts';
import { loadApplication } from '../spec/load-application.ts';
import { inFileOrder, type LoadedFile } from '../spec/load-file.ts';
import { loadProfile } from '../spec/load-profile.ts';
import { checkScenarioForm } from '../spec/load-scenario.ts';
import type { ClusterProfile } from '../spec/profile.ts';
import { Scenario } from '../spec/scenario.ts';
import { schemaProblems } from '../spec/schema-problems.ts';
import { jsonPointer, readSourceDocument, type SourceDocument } from '../spec/source-document.ts';
import { validateScenario, validateSoundEntries } from '../spec/validate-scenario.ts';
import {
  findApplication,
  findProfile,
  listApplications,
  listProfiles,
  requireProfile,
} from '../spec/workspace.ts';

/** A scenario without mistakes, with everything it names. */
export interface CheckedScenario {
  readonly path: string;
  readonly scenario: Scenario;
  readonly application: Application;
  readonly profile: ClusterProfile;
  /** Place of a JSON pointer in the file, for `planScenario`. */
  readonly locate: (pointer: string) => Location;
}

/** Applications by folder. */
export type ApplicationCache = Map<string, Promise<Checked<Application>>>;

/**
 * Loads a scenario, the application and the cluster profile it names (looked up from its own folder upward, or from that
 * of `lookUpFrom`, then in culprit itself) and checks them against each other. Every mistake at once; warnings come with
 * the value. Applications are loaded once for all calls that share a `cache`. `profile` takes the place of the one that
 * the scenario names; the application comes with its rules' times as the profile wants them.
 */
export async function checkScenario(
  path: string,
  cache: ApplicationCache = new Map(),
  options: { readonly profile?: string; readonly lookUpFrom?: string } = {},
): Promise<Checked<CheckedScenario>> {
  const read = await readSourceDocument(path);
  if (!read.ok) return read;
  const formed = checkScenarioForm(read.value);
  const lookUpFrom = options.lookUpFrom ?? path;
  if (formed.ok) return checkLoadedScenario(formed.value, lookUpFrom, cache, options.profile);
  const isScenario = !formed.diagnostics.some(({ code }) => code === 'FIL007');
  const beyondForm = isScenario ? await checkSoundParts(read.value, lookUpFrom, cache, options.profile) : [];
  return { ok: false, diagnostics: inFileOrder([...formed.diagnostics, ...beyondForm]) };
}

/** Mistakes beyond its form of a scenario whose form is wrong somewhere: in its names, and in entries that are well-formed. */
async function checkSoundParts(
  source: SourceDocument,
  lookUpFrom: string,
  cache: ApplicationCache,
  wantedProfile: string | undefined,
): Promise<readonly Diagnostic[]> {
  const wrong = schemaProblems(Scenario, source.value).map(({ pointer }) => pointer);
  const isSound = (pointer: string) =>
    !wrong.some((place) => place === pointer || place.startsWith(`${pointer}/`));
  const sound = Object.fromEntries(
    Object.entries(source.value as object).filter(
      ([field]) => isEntryList(field, source.value) || isSound(jsonPointer(field)),
    ),
  ) as Partial<Scenario>;
  const named = { value: sound, source };
  const profile = await profileOf(named, lookUpFrom, wantedProfile);
  const application = timedBy(await applicationOf(named, lookUpFrom, cache), profile.value);
  const view = application.value && viewFromManifests(application.value, '0'.repeat(32));
  const entries = validateSoundEntries(sound, source, isSound, {
    application: application.value,
    profile: profile.value,
    ...mechanismLookups(view),
    capabilities: profile.value && offered(profile.value),
  });
  // an application's own mistakes are told when the scenario is well-formed: here they would be most of what is said
  const names = [...application.diagnostics, ...profile.diagnostics];
  return [...names.filter(({ location }) => location.file === source.file), ...entries];
}

/** Its entries are sound or not one by one. */
function isEntryList(field: string, scenario: unknown): boolean {
  return (
    ['faults', 'distractors', 'cover'].includes(field) &&
    Array.isArray((scenario as Record<string, unknown>)[field])
  );
}

/** The same for a scenario whose form was checked; `path` is where names are looked up from. */
export async function checkLoadedScenario(
  loaded: LoadedFile<Scenario>,
  path: string,
  cache: ApplicationCache = new Map(),
  wantedProfile?: string,
): Promise<Checked<CheckedScenario>> {
  const { value: scenario, source } = loaded;
  const profile = await profileOf(loaded, path, wantedProfile);
  const application = timedBy(await applicationOf(loaded, path, cache), profile.value);
  const seed = scenario.seed ?? '0'.repeat(32);
  const own = validateScenario(loaded, {
    application: application.value,
    profile: profile.value,
    ...mechanismLookups(
      application.value && viewAtLoad(viewFromManifests(application.value, seed), scenario.load),
    ),
    capabilities: profile.value && offered(profile.value),
  });
  // what is valid can be planned: what entries do to each other is seen in the plan only
  const planned =
    application.value &&
    planScenario(scenario, application.value, {
      seed,
      startMs: 0,
      provider: profile.value?.provider ?? 'embedded',
      ...(profile.value ? { timing: planTiming(profile.value) } : {}),
      locate: source.locate,
    });
  const inPlan = (planned?.diagnostics ?? []).filter((one) => isNews(one, own));

  const named = [...application.diagnostics, ...profile.diagnostics];
  const inScenario = named.filter((one) => one.location.file === source.file);
  const elsewhere = named.filter((one) => one.location.file !== source.file);
  const diagnostics = [...inFileOrder([...inScenario, ...own, ...inPlan]), ...elsewhere];
  if (!application.value || !profile.value || diagnostics.some((one) => one.severity === 'error'))
    return { ok: false, diagnostics };
  const value = {
    path,
    scenario,
    application: application.value,
    profile: profile.value,
    locate: source.locate,
  };
  return { ok: true, value, diagnostics };
}

/** Names, arguments and short windows are reported already, with better places and hints. */
function isNews(diagnostic: Diagnostic, known: readonly Diagnostic[]): boolean {
  const { code } = diagnostic;
  if (code.startsWith('SCH') || code === 'SCN003' || code === 'SCN004') return false;
  return !(code === 'SCN010' && known.some((other) => other.code === 'SCN009' || other.code === 'SCN010'));
}

/** What clusters of a profile can do, as far as it is known without one. */
function offered(profile: ClusterProfile): readonly Capability[] | undefined {
  return profile.provider === 'embedded' ? capabilities : undefined;
}

interface Found<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** What applications and profiles are looked up for; a name may be missing where the form is wrong. */
interface Naming {
  readonly value: Partial<Pick<Scenario, 'application' | 'cluster'>>;
  readonly source: SourceDocument;
}

const nothing: Found<never> = { value: undefined, diagnostics: [] };

async function applicationOf(
  { value, source }: Naming,
  path: string,
  cache: ApplicationCache,
): Promise<Found<Application>> {
  const name = value.application;
  if (name === undefined) return nothing;
  const folder = await findApplication(name, dirname(path));
  if (folder === undefined)
    return unknown(
      'SCN001',
      'application',
      name,
      await listApplications(dirname(path)),
      source.locate('/application'),
    );
  let loading = cache.get(folder);
  if (loading === undefined) {
    loading = loadApplication(folder);
    cache.set(folder, loading);
  }
  return found(await loading);
}

function timedBy(application: Found<Application>, profile: ClusterProfile | undefined): Found<Application> {
  if (application.value === undefined || profile === undefined) return application;
  return { ...application, value: applyTiming(application.value, profile) };
}

async function profileOf(
  { value, source }: Naming,
  path: string,
  given: string | undefined,
): Promise<Found<ClusterProfile>> {
  const name = given ?? value.cluster;
  if (name === undefined) return nothing;
  const file =
    given === undefined ? await findProfile(name, dirname(path)) : await requireProfile(given, dirname(path));
  if (file === undefined)
    return unknown(
      'SCN002',
      'cluster profile',
      name,
      await listProfiles(dirname(path)),
      source.locate('/cluster'),
    );
  const loaded = await loadProfile(file);
  return loaded.ok
    ? { value: loaded.value.value, diagnostics: loaded.diagnostics }
    : { value: undefined, diagnostics: loaded.diagnostics };
}

function found<T>(checked: Checked<T>): Found<T> {
  return { value: checked.ok ? checked.value : undefined, diagnostics: checked.diagnostics };
}

function unknown(
  code: string,
  kind: string,
  name: string,
  known: readonly string[],
  location: Location,
): Found<never> {
  const near = nearest(name, known);
  const hint = near
    ? `did you mean "${near}"?`
    : known.length > 0
      ? `known: ${known.join(', ')}`
      : 'none was found here or above';
  return {
    value: undefined,
    diagnostics: [{ severity: 'error', code, location, message: `there is no ${kind} "${name}"`, hint }],
  };
}
