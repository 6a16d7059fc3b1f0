// In the app's own page, under its own policy: what the reader's frame can and can't.
(() => {
  if (window.probed) return;
  window.probed = true;
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-same-origin allow-popups');
  frame.srcdoc = `<style>p{color:rgb(1,2,3)}</style><p style="margin-top:7px">A</p>
    <img id="part" src="mail://localhost/part/a"><img id="asset" src="/index.html">
    <img src="https://styled.sink.test/x"><script>parent.probedByMail = true</script>`;
  frame.onload = () => {
    const inside = frame.contentDocument;
    const p = getComputedStyle(inside.querySelector('p'));
    const found = {
      colour: p.color,
      margin: p.marginTop,
      part: inside.getElementById('part').naturalWidth,
      scripts: window.probedByMail === true,
      internals: typeof frame.contentWindow.__TAURI_INTERNALS__,
      height: inside.documentElement.scrollHeight > 0,
    };
    new Image().src = `mail://localhost/found/${encodeURIComponent(JSON.stringify(found))}`;
  };
  document.body.append(frame);
})();
