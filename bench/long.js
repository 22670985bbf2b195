export default {
  fetch() {
    return fetch("http://long.example.com/long");
  },
};
