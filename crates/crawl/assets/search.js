// Finds pages in the files beside it, which an import made: nothing that is typed leaves this browser.
const MAX_SHOWN = 50;

const folded = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/œ/g, "oe").replace(/æ/g, "ae");
const words = (text) => folded(text).split(/[^\p{L}\p{N}]+/u).filter((word) => [...word].length >= 2).map((word) => [...word].slice(0, 24).join(""));
const shard = (word) => [...word].slice(0, 2).map((letter) => (/[a-z0-9]/.test(letter) ? letter : "_")).join("");
const load = async (name) => {
  const answer = await fetch(name);
  return answer.ok ? answer.json() : {};
};

// Pages that have a word, or one that begins so, in the order of the index.
const pagesOf = async (word) => {
  const all = await load(`words-${shard(word)}.json`);
  const begun = Object.keys(all).filter((known) => known !== word && known.startsWith(word));
  return new Set([...(Object.hasOwn(all, word) ? all[word] : []), ...begun.flatMap((known) => all[known])]);
};

const show = async (query) => {
  const sets = await Promise.all(words(query).map(pagesOf));
  const found = sets.length ? [...sets[0]].filter((page) => sets.every((set) => set.has(page))) : [];
  const pages = found.length ? await load("pages.json") : [];
  document.getElementById("count").textContent = `${found.length} page(s)`;
  document.getElementById("found").replaceChildren(
    ...found.slice(0, MAX_SHOWN).map((number) => {
      const [address, title, beginning] = pages[number];
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = address;
      link.textContent = title || address;
      const text = document.createElement("p");
      text.textContent = beginning;
      item.append(link, text);
      return item;
    }),
  );
};

const query = new URLSearchParams(location.search).get("q") ?? "";
document.querySelector("input[name=q]").value = query;
if (query.trim()) {
  show(query);
}
