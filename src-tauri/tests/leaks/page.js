// Shows every document in a frame like the reader's, but with no policy and nothing sanitised.
const call = async (name, body) => (await fetch(`mail://localhost/${name}`, { method: 'POST', body })).text();
const rest = (ms) => new Promise((r) => setTimeout(r, ms));

(async () => {
  await call('ready', '');
  const documents = JSON.parse(await call('documents', ''));
  for (let from = 0; from < documents.length; from += 24) {
    const frames = documents.slice(from, from + 24).map(({ id, html }) => {
      const frame = document.createElement('iframe');
      frame.setAttribute('sandbox', 'allow-same-origin allow-popups');
      frame.srcdoc = `${html}<img src="mail://localhost/part/${id}">`;
      document.body.append(frame);
      return frame;
    });
    await rest(1500);
    for (const frame of frames) frame.remove();
  }
  await call('done', '');
})();
