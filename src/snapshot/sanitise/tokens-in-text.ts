import type { SanitiserRule } from './rule.ts';
import { redacted } from './rule.ts';

export const tokensInText: SanitiserRule = {
  name: 'tokens-in-text',
  reason: 'ServiceAccount tokens (JSON Web Tokens) are credentials wherever they stand',
  text: (text) =>
    text.includes('eyJ')
      ? text.replace(/eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g, redacted)
      : text,
};
