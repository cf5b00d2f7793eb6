-- Where customers get their mail, as the sign-in said when they last signed in; sealed under the key of their purchases.
CREATE TABLE addresses (
    person BLOB NOT NULL PRIMARY KEY,
    address BLOB NOT NULL
) WITHOUT ROWID;
