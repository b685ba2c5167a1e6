// The methods and fields of nodemailer 10.6.0's SMTPConnection that the guarded subclass stands on and that its published
// types leave out (A4). Whoever raises the version reads this list first; test/adapters/smtp/dialer-pins.test.ts fails
// when one of them changes its ways.

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';

type Callback = (error: Error | null, value?: unknown) => void;

/** The queues behind `send`: it collects replies in the order of the commands. */
export type NodemailerEnvelope = {
  rcptQueue: string[];
  rejected: string[];
  rejectedErrors: Error[];
  accepted: string[];
  pipelined: boolean;
};

export interface ConnectionInternals {
  secure: boolean;
  name: string;
  _socket: Socket;
  _destroyed: boolean;
  _closing: boolean;
  _pendingSend: unknown;
  _envelope: NodemailerEnvelope | false;
  _supportedAuth: string[];
  _responseActions: ((this: unknown, reply: string) => void)[];
  readonly _onSocketData: (chunk: Buffer) => void;
  readonly _onSocketError: (error: Error) => void;
  readonly _onSocketClose: () => void;
  readonly _onSocketEnd: () => void;
  readonly _onSocketTimeout: () => void;
  connect(): void;
  quit(): void;
  close(): void;
  login(auth: { user: string; pass: string }, callback: Callback): void;
  send(envelope: object, message: Readable, callback: Callback): void;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'end', listener: () => void): this;
  _onData(chunk: Buffer): void;
  _onError(error: Error, code: string, reply: string | false, command: string): void;
  _onServerClosing(reply: string): void;
  _startPhase(milliseconds: number, error: Error): void;
  _clearPhase(): void;
  _sendCommand(line: string, logged?: string): void;
  _sendRcpt(recipient: string, callback: Callback): void;
  _setEnvelope(envelope: object, callback: Callback): void;
  _createSendStream(callback: Callback): Readable;
  _actionGreeting(reply: string): void;
  _actionEHLO(reply: string): void;
  _actionSTARTTLS(reply: string): void;
  _actionMAIL(reply: string, callback: Callback): void;
  _actionRCPT(reply: string, callback: Callback): void;
  _actionDATA(reply: string, callback: Callback): void;
  _actionSMTPStream(reply: string, callback: Callback): void;
}

export type { Callback as NodemailerCallback };

/** nodemailer's class with its inner methods visible, so that the compiler checks every override and every call of them. */
export const NodemailerConnection: new (options: object) => ConnectionInternals = SMTPConnection as unknown as new (
  options: object,
) => ConnectionInternals;
