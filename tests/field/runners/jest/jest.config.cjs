/** Both environments of Jest, each with timers that are fake from the beginning. */
const project = (testEnvironment) => ({
  displayName: testEnvironment,
  testEnvironment,
  rootDir: __dirname,
  fakeTimers: { enableGlobally: true },
  transform: {
    "\\.m?js$": ["babel-jest", {
      presets: [["@babel/preset-env", { targets: { node: "current" } }]],
    }],
  },
  transformIgnorePatterns: ["/node_modules/(?!@asyncio)"],
});

module.exports = { projects: [project("node"), project("jsdom")] };
