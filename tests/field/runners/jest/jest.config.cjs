/** Both environments of Jest, each with timers that are fake from the beginning. */
const project = (testEnvironment) => ({
  displayName: testEnvironment,
  testEnvironment,
  rootDir: __dirname,
  testMatch: ["**/jest.test.js"],
  fakeTimers: { enableGlobally: true },
  transform: {
    "\\.m?js$": ["babel-jest", {
      presets: [["@babel/preset-env", { targets: { node: "current" } }]],
    }],
  },
});

/** Jest as it is installed, which transforms nothing and knows CommonJS only. */
const plain = (testEnvironment) => ({
  displayName: `${testEnvironment}, as installed`,
  testEnvironment,
  rootDir: __dirname,
  testMatch: ["**/plain.test.js"],
  transform: {},
});

module.exports = {
  projects: [project("node"), project("jsdom"), plain("node"), plain("jsdom")],
};
