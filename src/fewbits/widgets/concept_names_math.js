// What ConceptNames knows: names under a threshold, which of them are right, and rates over all thresholds.

const RULES = [
  ["first", "what the feature truly goes with best"],
  ["among_three", "one of the three it goes with best"],
  ["group", "of the group of the best"],
];
const STATES = {
  right: "named, rightly", wrong: "named, wrongly",
  missed: "unnamed, but the truth has a name", nothing: "unnamed, and the truth has none",
  named: "named", unnamed: "unnamed",
};
const PARTS = [
  "scores", "concepts", "opposites", "absent", "truths", "trues", "own", "ranks", "verdicts", "tiles",
];

async function makeNames(cargo, arrays) {
  const sheet = await openSheet(arrays.evidence, cargo.sheet);
  if (!cargo.boards.length) throw new Error("no board arrived with its state");
  const boards = cargo.boards.map((board, n) => makeBoard(board,
    Object.fromEntries(PARTS.map((part) => [part, arrays[`${n}_${part}`]]))));
  return { sheet, boards, concepts: cargo.concepts, groups: cargo.groups };
}

function makeBoard({ label, columns, chance, floor, chances }, held) {
  const many = columns.length, known = floor !== null, curves = new Map();
  if (held.verdicts.length !== many) throw new Error("features and scores arrived with other numbers");
  const row = (values, f) => [...values].slice((f * values.length) / many, ((f + 1) * values.length) / many);
  const wide = held.scores.length / many, best = (f) => held.scores[f * wide];
  const places = [...columns.keys()], order = [...places].sort((a, b) => best(b) - best(a));
  const rightBy = (f, rule) => Boolean(held.verdicts[f] >> RULES.findIndex(([name]) => name === rule) & 1);
  const nameable = (f) => Boolean(held.verdicts[f] >> RULES.length & 1);
  // Scores have single precision, and so has a threshold that they are compared with.
  const named = (f, level) => best(f) >= Math.fround(level) && best(f) > 0;
  function stateOf(f, level, rule) {
    if (!known) return named(f, level) ? "named" : "unnamed";
    if (named(f, level)) return rightBy(f, rule) ? "right" : "wrong";
    return nameable(f) ? "missed" : "nothing";
  }
  function count(level, rule) {
    const states = places.map((f) => stateOf(f, level, rule));
    const of = (...kinds) => states.filter((state) => kinds.includes(state)).length;
    const judged = (value) => (known ? value : NaN), [right, wrong] = [of("right"), of("wrong")];
    return {
      states, features: many, named: of("named", "right", "wrong"), unnamed: of("unnamed", "missed", "nothing"),
      right: judged(right), wrong: judged(wrong), missed: judged(of("missed")), nothing: judged(of("nothing")),
      used: judged(right / many), ofNamed: judged(right / (right + wrong)),
    };
  }
  return {
    label, columns, chance, floor, known, order, chances, count, best, held,
    tiles: held.tiles.length / many,
    curve(rule) { // [threshold, counts from the one before up to it], at every score that is there
      if (!curves.has(rule)) {
        const levels = [...new Set(places.map(best).filter((score) => score > 0))].sort((a, b) => a - b);
        curves.set(rule, [...levels, Infinity].map((level) => [level, count(level, rule)]));
      }
      return curves.get(rule);
    },
    of: (f) => ({
      tops: row(held.scores, f), concepts: row(held.concepts, f), tiles: row(held.tiles, f),
      opposite: held.opposites[f], absent: held.absent[f],
      truths: known ? row(held.truths, f) : [], trues: row(held.trues, f),
      own: known ? held.own[f] : NaN, rank: known ? held.ranks[f] : NaN,
    }),
  };
}

// Everything about the present choice, from what the model holds.
function lookAt({ boards }, model) {
  const board = boards.find(({ label }) => label === model.get("by"));
  const threshold = model.get("threshold"), level = threshold ?? board.chance, rule = model.get("rule");
  const place = board.columns.indexOf(model.get("feature")), f = place < 0 ? board.order[0] : place;
  const counts = board.count(level, rule);
  return { board, threshold, level, rule, f, counts, state: counts.states[f], ...board.of(f) };
}

const scoreText = (value) => (Number.isFinite(value) ? value.toFixed(2).replace("-", "\u2212") : "none");

// Two numbers with as many digits as it takes to see which one is larger.
function toldApart(a, b) {
  const texts = [a, b].map(scoreText);
  return texts[0] === texts[1] && a !== b ? [digits(a), digits(b)] : texts;
}

// What is named, and how much of it is right, in a sentence.
function sayNames({ board, level, counts }) {
  const { features, named, right, wrong, unnamed, missed } = counts, at = `At ${scoreText(level)},`;
  const start = `${at} ${whole(named)} of ${whole(features)} features have a name`;
  if (!board.known) return { tone: "plain", text: `${start}; nobody knows which of the names are right.` };
  if (!named) return { tone: "wrong", text: `${at} no feature has a name; ${whole(missed)} could have one.` };
  const rest = unnamed ? ` Of the ${whole(unnamed)} without one, the truth has a name for ${whole(missed)}.` : "";
  const text = `${start}: ${whole(right)} right, ${whole(wrong)} wrong.${rest}`;
  return { tone: right < named / 2 ? "wrong" : "plain", text };
}

// Why the chosen feature has its name or none, and whether that is right.
function sayWhy({ board, level, rule, state, concepts, tops, trues, truths, own, rank }, names) {
  const name = names.concepts[concepts[0]], best = names.concepts[trues[0]], floor = scoreText(board.floor);
  const [score, needed] = toldApart(tops[0], level), known = Math.fround(board.floor);
  const reached = tops[0] > 0 ? `${score} does not reach ${needed}` : "no score is above 0";
  const start = {
    right: "Right: ", wrong: "Wrong: ", missed: `Unnamed: ${reached}. `, nothing: `Unnamed: ${reached}. `,
    named: `Named: ${score} reaches ${needed}. `, unnamed: `Unnamed: ${reached}. `,
  }[state];
  if (!board.known) return `${start}Nobody knows whether it truly goes with ${name}.`;
  const nothing = `on other pictures it goes with nothing better than chance, ${floor}.`;
  if (state === "nothing") return `${start}Rightly so: ${nothing}`;
  if (state === "missed") return `${start}It truly goes best with ${best}, at ${scoreText(truths[0])}.`;
  const truly = `it truly goes best with ${best}`;
  if (state === "right") {
    const how = rule === "group" ? "of the same group" : `with ${name} as number ${rank}`;
    return `${start}${truly}${rank === 1 ? "" : `, ${how}`}.`;
  }
  if (!(truths[0] > known)) return `${start}${nothing}`;
  if (rule === "group") return `${start}${truly}, which is of another group.`;
  if (own > known) return `${start}${truly}, with ${name} only as number ${rank}.`;
  return `${start}${truly}, with ${name} at ${scoreText(own)}, no better than chance, ${floor}.`;
}
