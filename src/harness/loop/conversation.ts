import type { Message, ReplyPart } from '../models/model.ts';

/**
 * What the model is sent: the base that never changes, then either all turns or a summary and the turns since. A turn
 * is the model's reply with everything that answers it, and leaves as a whole.
 */
export class Conversation {
  readonly #base: readonly Message[];
  #bridge: readonly Message[] = [];
  #turns: Message[][] = [];

  constructor(base: readonly Message[]) {
    this.#base = base;
  }

  get messages(): Message[] {
    return [...this.#base, ...this.#bridge, ...this.#turns.flat()];
  }

  /** Turns that are still there word for word. */
  get length(): number {
    return this.#turns.length;
  }

  beginTurn(reply: Message): void {
    this.#turns.push([reply]);
  }

  /** Adds to the newest turn; before the first one, to the base. */
  add(message: Message): void {
    const turn = this.#turns.at(-1);
    if (turn) turn.push(message);
    else this.#bridge = [...this.#bridge, message];
  }

  dropNewest(): boolean {
    return this.#turns.pop() !== undefined;
  }

  replaceBySummary(text: string): number {
    const dropped = this.#turns.length;
    this.#bridge = [
      {
        role: 'user',
        text: `The conversation so far was too long to keep. This is what it came to:\n\n${text}\n\nGo on from here.`,
      },
      { role: 'assistant', parts: [{ type: 'text', text: 'Understood. I go on from there.' }] },
    ];
    this.#turns = [];
    return dropped;
  }
}

/** The whole conversation as one text, for a summary without tools. */
export function conversationText(messages: readonly Message[]): string {
  return messages.map(messageText).join('\n\n');
}

function messageText(message: Message): string {
  switch (message.role) {
    case 'system':
    case 'user':
      return `[${message.role}]\n${message.text}`;
    case 'assistant':
      return `[you]\n${message.parts.map(partText).join('\n')}`;
    case 'tool':
      return message.results.map((result) => `[${result.name} answered]\n${result.text}`).join('\n');
  }
}

function partText(part: ReplyPart): string {
  if (part.type === 'reasoning') return '';
  return part.type === 'text' ? part.text : `${part.name} ${part.arguments}`;
}
