import { corePrinters } from './core-printers.ts';
import type { Printer } from './table.ts';
import { workloadPrinters } from './workload-printers.ts';

/** Columns and rows by resource key. */
export const printers: Readonly<Record<string, Printer>> = { ...corePrinters, ...workloadPrinters };
