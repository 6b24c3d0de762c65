import { readFileSync } from 'node:fs';
import { type ImageContent, runProgram } from './program/run-program.ts';

/** Entry point of every image of an application: runs the program that the image contains. */
const content = JSON.parse(readFileSync(process.argv[2] ?? '/app/program.json', 'utf8')) as ImageContent;
const env: Record<string, string> = {};
for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
runProgram(content, env);
