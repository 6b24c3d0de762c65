// The bookstore's load generator: RATE requests a second times a factor that can be set at /load.
import { createServer } from 'node:http';

const { TARGET_URL, RATE } = process.env;
let factor = 1;
createServer(async (request, response) => {
  if (request.method === 'PUT') {
    let text = '';
    for await (const chunk of request) text += chunk;
    ({ factor } = JSON.parse(text));
  }
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ factor }));
}).listen(8080);

const visit = () => {
  fetch(TARGET_URL, { headers: { connection: 'close' } })
    .then((response) => response.text())
    .catch((error) => console.log(`visit failed: ${error.cause?.message ?? error.message}`));
  setTimeout(visit, 1000 / (Number(RATE) * factor));
};
visit();
process.on('SIGTERM', () => process.exit(0));
