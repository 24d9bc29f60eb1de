export const signIn = {
  title: "Sign in",
  name: "E-mail, or extension@domain",
  password: "Password",
  do: "Sign in",
  help: "No access, or no password any more? Ask your administrator for a new link.",
  key: "API key (development only)",
  welcome: "Choose a password",
  welcomeAbout: "With it you sign in from now on.",
  again: "The same password again",
  differ: "is not the same",
  begin: "Save and begin",
  noToken: "This link is not whole. Copy it again from where you got it, to its last letter.",
};
