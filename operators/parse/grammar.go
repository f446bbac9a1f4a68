package parse

import "github.com/alecthomas/participle/v2/lexer"

// The grammar, a type a rule; in the tags, @ keeps what it stands before, @@ is the rule
// of the field's type. One word decides which way to go.

// anyOf is what binds least.
type anyOf struct {
	Pos   lexer.Position
	Terms []*allOf `parser:"@@ ( 'or' @@ )*"`
}

type allOf struct {
	Terms []*negation `parser:"@@ ( 'and' @@ )*"`
}

type negation struct {
	Nots []string    `parser:"@'not'*"`
	Of   *comparison `parser:"@@"`
}

type comparison struct {
	Left *sum  `parser:"@@"`
	Tail *tail `parser:"@@?"`
}

type tail struct {
	Pos   lexer.Position
	Op    string    `parser:"( @( '=' | '==' | '!=' | '<>' | '<' | '<=' | '>' | '>=' )"`
	Right *sum      `parser:"@@ )"`
	Is    *nullness `parser:"| 'is' @@"`
	Not   bool      `parser:"| ( @'not'?"`
	In    *among    `parser:"( 'in' @@"`
	Range *between  `parser:"| 'between' @@"`
	Like  *like     `parser:"| 'like' @@ ) )"`
}

type nullness struct {
	Not  bool `parser:"@'not'?"`
	Null bool `parser:"@'null'"`
}

type among struct {
	Open   bool      `parser:"@'('"`
	Values []*listed `parser:"( @@ ( ',' @@ )* )? ')'"`
}

// listed has a short way for constants: lists of them are long.
type listed struct {
	Pos   lexer.Position
	Const string `parser:"(?= ( Number | String ) ( ',' | ')' ) ) @( Number | String )"`
	Expr  *anyOf `parser:"| @@"`
}

type between struct {
	Low  *sum `parser:"@@"`
	High *sum `parser:"'and' @@"`
}

type like struct {
	Pos     lexer.Position
	Pattern string `parser:"@String"`
}

type sum struct {
	Left *product   `parser:"@@"`
	Rest []*addends `parser:"@@*"`
}

type addends struct {
	Op    string   `parser:"@( '+' | '-' )"`
	Right *product `parser:"@@"`
}

type product struct {
	Left *signed    `parser:"@@"`
	Rest []*factors `parser:"@@*"`
}

type factors struct {
	Op    string  `parser:"@( '*' | '/' | '%' )"`
	Right *signed `parser:"@@"`
}

type signed struct {
	Minus []string `parser:"@'-'*"`
	Of    *atom    `parser:"@@"`
}

type atom struct {
	Pos    lexer.Position
	Number string `parser:"@Number"`
	Text   string `parser:"| @String"`
	Const  string `parser:"| @( 'null' | 'true' | 'false' )"`
	Cast   *cast  `parser:"| @@"`
	Case   *cases `parser:"| @@"`
	Column string `parser:"| @Quoted"`
	Word   *word  `parser:"| @@"`
	Sub    *anyOf `parser:"| '(' @@ ')'"`
}

type cast struct {
	Function string    `parser:"@( 'cast' | 'try_cast' )"`
	Of       *anyOf    `parser:"'(' @@"`
	Type     *typeName `parser:"'as' @@ ')'"`
}

// cases begin with a word that is a column where no when follows it.
type cases struct {
	When []*when `parser:"(?= 'case' 'when' ) 'case' @@+"`
	Else *anyOf  `parser:"( 'else' @@ )? 'end'"`
}

type when struct {
	Cond *anyOf `parser:"'when' @@"`
	Then *anyOf `parser:"'then' @@"`
}

// word is a column, a function's call, or a constant of a type.
type word struct {
	Name string `parser:"@Word"`
	Call *call  `parser:"( @@"`
	Text string `parser:"| @String )?"`
}

type call struct {
	Open bool     `parser:"@'('"`
	Star bool     `parser:"( @'*'"`
	Args []*anyOf `parser:"| @@ ( ',' @@ )* )? ')'"`
}

// typeName is the name of a type; its text is read by package typetext.
type typeName struct {
	Pos, EndPos lexer.Position
	Name        string     `parser:"@Word"`
	Parens      []*typeArg `parser:"( '(' ( @@ ( ',' @@ )* )? ')'"`
	Brackets    []string   `parser:"| '[' @( Word | Number | Keyword | '+' | '-' | '/' | ':' | '=' | ',' )* ']' )?"`
}

type typeArg struct {
	Type   *typeName `parser:"@@"`
	Minus  bool      `parser:"| ( @'-'?"`
	Number string    `parser:"@Number )"`
}

// aggregateList is the text of Aggregates.
type aggregateList struct {
	Items []*aggregateItem `parser:"@@ ( ',' @@ )*"`
}

type aggregateItem struct {
	Pos  lexer.Position
	Expr *anyOf `parser:"@@"`
	As   *alias `parser:"( 'as' @@ )?"`
}

type alias struct {
	Pos  lexer.Position
	Name string `parser:"@( Word | Quoted )"`
}

// sortList is the text of SortKeys where a key is the text of an aggregate.
type sortList struct {
	Items []*sortItem `parser:"@@ ( ',' @@ )*"`
}

type sortItem struct {
	Pos       lexer.Position
	Expr      *anyOf `parser:"@@"`
	Direction string `parser:"@( 'asc' | 'desc' )?"`
}

// nameList is the text of Columns.
type nameList struct {
	Names []*name `parser:"@@ ( ',' @@ )*"`
}

type name struct {
	Pos  lexer.Position
	Name string `parser:"@( Bare | Quoted )"`
}

// namedSortList is the text of SortKeys where all keys are names.
type namedSortList struct {
	Keys []*namedSortKey `parser:"@@ ( ',' @@ )*"`
}

type namedSortKey struct {
	Pos       lexer.Position
	Name      string `parser:"@( Bare | Quoted )"`
	Direction string `parser:"@( 'asc' | 'desc' )?"`
}
