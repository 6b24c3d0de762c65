/** Shows the form and hides what does not match it. Without it, everything is shown. */
export const filterScript = `
(() => {
  const form = document.querySelector('form.filter');
  const text = form.elements.text, agent = form.elements.agent, result = form.elements.result;
  const apply = () => {
    const words = text.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const task of document.querySelectorAll('section.task')) {
      let left = 0;
      for (const sample of task.querySelectorAll('details.sample')) {
        const score = Number(sample.dataset.score);
        const kind = score === 1 ? 'solved' : score > 0 ? 'partly' : 'failed';
        sample.hidden = (agent.value !== '' && sample.dataset.agent !== agent.value) || (result.value !== '' && kind !== result.value);
        if (!sample.hidden) left++;
      }
      const narrowed = agent.value !== '' || result.value !== '';
      task.hidden = !words.every((word) => task.dataset.words.includes(word)) || (narrowed && left === 0);
      const row = document.querySelector('tr[data-task="' + task.dataset.task + '"]');
      if (row) row.hidden = task.hidden;
      if (!task.hidden) shown++;
    }
    document.querySelector('#shown').textContent = shown + ' tasks shown';
  };
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
`;
