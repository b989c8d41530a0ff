/* Tells the special edition from the common one, whose symbols everybody has. */
char const NtFixtureEdition[] __attribute__((used)) = "IoT special edition, no public symbols";
