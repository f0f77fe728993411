// All texts of the board.

export const WORDS = {
  board: 'Board', newNotes: 'New notes', untitled: 'No group', empty: 'Nothing here yet', emptyNew: 'Nothing here yet. What people write on their phones appears here by itself.', more: '+ {count} more',
  addNote: 'Add a note', addCluster: 'Add a cluster', undo: 'Undo', filter: 'Show', everyone: 'All groups',
  withoutGroup: 'Group not said', hidden: 'Hidden ({count})', notes: '{count} notes', oneNote: '1 note', ofNotes: '{found} of {count} notes',
  actions: 'What to do with this note', clusterActions: 'What to do with this cluster',
  moveTo: 'Move to…', moveHeading: 'Move to', up: 'Up by one', down: 'Down by one', edit: 'Edit the words…',
  mark: 'Mark as…', choose: 'Mark as chosen', unchoose: 'No longer chosen', merge: 'Merge with another…',
  part: 'Part: {text}', hide: 'Hide', letUp: 'Let it on the wall', letAll: 'Let {count} waiting on the wall', waits: 'Not on the wall yet', onTheWall: 'On the wall', whyHidden: 'Hidden. Why?', show: 'Show again', rename: 'Rename', left: 'Move left', right: 'Move right',
  drop: 'Drop this cluster', back: 'Back', cancel: 'Cancel', save: 'Save', close: 'Close', name: 'Name of the cluster',
  words: 'Note', group: 'Stakeholder group', kind: 'What it is', paper: 'Written on paper, for somebody without a phone',
  why: 'Why? Its author reads it. It is kept, with your name.', notSaid: 'Not said yet', importance: 'Importance, 1 to 5',
  within: 'Within our power', said: 'What was said back', by: 'Who promised', until: 'By when', about: 'About which prototype',
  chosen: 'Chosen', paperMark: 'On paper', listMark: 'From a list', dot: '1 dot', dots: '{count} dots', voices: '{count} voices',
  merging: '“{text}” is to be merged. Choose the note that stands for both: click it, or walk there and press Enter.',
  movedTo: 'Moved to {column}, place {place} of {count}', merged: 'Merged: both voices are kept', parted: 'Parted',
  hiddenNow: 'Hidden', shownNow: 'Shown again', saved: 'Saved', undone: 'Move undone', dropped: 'Dropped: its notes are among the new ones',
  away: 'No connection. {count} waiting; they are sent when it is back.', lost: 'No connection. Trying again …',
  signedOut: 'You are not signed in (any more). Sign in again in another window, then go on here.',
  hiddenBy: 'Hidden by {who} on {when}: {why}', noOne: 'the lab', noHidden: 'No note is hidden.', edge: 'It cannot go further',
  lifted: 'Press Escape to put it back',
  search: 'Search the notes', found: '{count} notes found', oneFound: '1 note found', select: 'Select', deselect: 'No longer selected',
  oneChosen: '1 note selected', chosenCount: '{count} notes selected', unseen: '({count} of them not shown now)', chooseNone: 'Select none',
  mergeThem: 'Merge', putIn: 'Put in…', alike: 'Notes that look alike', comparing: 'Comparing the notes …',
  alikeHead: 'Suggestion {at} of {of}: these {count} look alike. Merged, the first stands for all of them, and every voice is kept.',
  notSame: 'Not the same', later: 'Next', setApart: 'Not suggested again', noneAlike: 'No notes look alike now.',
  hint: 'Drag notes with the mouse, or hold one down with a finger. Keys: arrows walk, Enter opens the menu, M moves, '
    + 'Alt + Shift + arrows move by one, E edits, K marks, C chooses, G merges, X or Space selects, / searches, H hides, L lets a waiting one on the wall, Ctrl + Z undoes a move.',
  hintTouch: 'Hold a note down to drag it, or use its “•••”, also to select several.',
};

// A function as replacement: in a plain string "$&" in somebody's note would be taken as a pattern.
export function say(sentence, values) {
  return sentence.replace(/[{](\w+)[}]/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function short(text, limit = 60) {
  const letters = [...text];
  return letters.length > limit ? `${letters.slice(0, limit - 1).join('')}…` : text;
}
