// SPDX-License-Identifier: GPL-2.0
// A server that sends back what it is sent, and a client that compares.
//	http.js --listen PORT
//	http.js --connect HOST PORT REQUESTS BYTES

'use strict';

const crypto = require('crypto');
const http = require('http');

function listen(port) {
	http.createServer((request, reply) => request.pipe(reply)).listen(port);
}

// One request; resolves if the same has come back.
function ask(agent, host, port, data) {
	return new Promise((resolve, reject) => {
		const request = http.request({ agent, host, port, method: 'POST' });

		request.on('error', reject);
		request.on('response', (reply) => {
			const pieces = [];

			reply.on('data', (piece) => pieces.push(piece));
			reply.on('error', reject);
			reply.on('end', () => Buffer.concat(pieces).equals(data) ?
				resolve() : reject(new Error('not what was sent')));
		});
		request.end(data);
	});
}

async function connect(host, port, requests, bytes) {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
	const asked = [];

	for (let i = 0; i < requests; i++)
		asked.push(ask(agent, host, port, crypto.randomBytes(+bytes)));
	await Promise.all(asked);
	agent.destroy();
	console.log(`${requests} requests of ${bytes} bytes`);
}

const [how, ...args] = process.argv.slice(2);

if (how === '--listen')
	listen(+args[0]);
else
	connect(...args).catch((error) => {
		console.error(error);
		process.exitCode = 1;
	});
