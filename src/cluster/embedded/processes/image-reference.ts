/** An image reference as containerd normalises it. */
export interface ImageReference {
  /** With the registry: `docker.io/library/redis`. */
  readonly repository: string;
  readonly tag: string;
  /** `docker.io/library/redis:7.4`. */
  readonly full: string;
}

/** Fills in the default registry, the `library/` of Docker Hub, and the tag `latest`. A digest behind a tag is dropped. */
export function parseImage(image: string): ImageReference {
  const withoutDigest = image.split('@')[0]!;
  const slash = withoutDigest.lastIndexOf('/');
  const colon = withoutDigest.indexOf(':', slash + 1);
  const name = colon < 0 ? withoutDigest : withoutDigest.slice(0, colon);
  const tag = colon < 0 ? 'latest' : withoutDigest.slice(colon + 1);
  const first = name.split('/')[0]!;
  const hasRegistry =
    name.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost');
  const repository = hasRegistry
    ? name
    : name.includes('/')
      ? `docker.io/${name}`
      : `docker.io/library/${name}`;
  return { repository, tag, full: `${repository}:${tag}` };
}
