// The invented people of a nation, as the generator wrote them.
export const pinOf = (p) => p.keys?.pin ?? p.keys?.find?.((k) => k.kind === 'pin')?.value ?? p.pin;

// citizen: the person behind the account citizen<n> of the portal.
export function citizen(nation, n) {
  const line = nation.welcome().match(new RegExp(`citizen${n}\\s+(.+), (\\d{12})`));
  const person = nation.people.find((p) => pinOf(p) === line[2]);
  return Object.assign(person, { fullName: line[1] });
}
